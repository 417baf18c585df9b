import { assertEquals, assertThrows } from "@std/assert";
import { decodeHuffman } from "../../lib/transport/huffman.ts";
import { hex } from "./support.ts";

// RFC 7541 Appendix C.4 and C.6.
const VECTORS = {
  "www.example.com": "f1e3c2e5f23a6ba0ab90f4ff",
  "no-cache": "a8eb10649cbf",
  "custom-key": "25a849e95ba97d7f",
  "custom-value": "25a849e95bb8e8b4bf",
  "302": "6402",
  "307": "640eff",
  "private": "aec3771a4b",
  "Mon, 21 Oct 2013 20:13:21 GMT": "d07abe941054d444a8200595040b8166e082a62d1bff",
  "https://www.example.com": "9d29ad171863c78f0b97c8e9ae82ae43d3",
  "gzip": "9bd9ab",
  "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1":
    "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
};

Deno.test("decodeHuffman() decodes the examples of RFC 7541", () => {
  for (const [text, coded] of Object.entries(VECTORS)) {
    assertEquals(new TextDecoder().decode(decodeHuffman(hex(coded))), text);
  }
});

Deno.test("decodeHuffman() decodes the longest codes", () => {
  // Symbols 10 (30 bits: all ones but the last two) and 22 (30 bits: all ones but the last).
  assertEquals([...decodeHuffman(hex("fffffff3"))], [10]);
  assertEquals([...decodeHuffman(hex("fffffffb"))], [22]);
});

Deno.test("decodeHuffman() decodes nothing from nothing", () => {
  assertEquals(decodeHuffman(new Uint8Array()).length, 0);
});

Deno.test("decodeHuffman() throws on the end-of-string symbol", () => {
  assertThrows(() => decodeHuffman(hex("ffffffff")), SyntaxError, "end-of-string");
});

Deno.test("decodeHuffman() throws on padding that is too long or not all ones", () => {
  assertThrows(() => decodeHuffman(hex("1fff")), SyntaxError, "padding"); // "a" and eleven.
  assertThrows(() => decodeHuffman(hex("1e")), SyntaxError, "padding");
});
