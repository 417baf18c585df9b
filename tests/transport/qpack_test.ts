import { assertEquals, assertThrows } from "@std/assert";
import { Http3Error } from "../../lib/transport/http3.ts";
import { decodeHeaders, encodeHeaders } from "../../lib/transport/qpack.ts";
import { STATIC_TABLE } from "../../lib/transport/qpack_static_table.ts";
import { hex } from "./support.ts";

Deno.test("decodeHeaders() decodes the static example of RFC 9204 B.1", () => {
  const block = hex("0000 510b 2f69 6e64 6578 2e68 746d 6c");
  assertEquals(decodeHeaders(block), [[":path", "/index.html"]]);
});

Deno.test("decodeHeaders() decodes indexed static fields, also beyond the prefix", () => {
  assertEquals(decodeHeaders(hex("0000 d9 c0 ff00 ff23")), [
    [":status", "200"],
    [":authority", ""],
    [":status", "100"],
    ["x-frame-options", "sameorigin"],
  ]);
});

Deno.test("decodeHeaders() decodes Huffman-coded names and values", () => {
  // Literal name with the Huffman flag, then a name reference whose index needs a second byte.
  const block = hex("0000 2f01 25a849e95ba97d7f 89 25a849e95bb8e8b4bf 5f00 85 aec3771a4b");
  assertEquals(decodeHeaders(block), [
    ["custom-key", "custom-value"],
    [STATIC_TABLE[15]![0], "private"],
  ]);
});

Deno.test("decodeHeaders() takes fields that must never be indexed", () => {
  assertEquals(decodeHeaders(hex("0000 71 03 2f6162 31 61 01 62")), [[":path", "/ab"], ["a", "b"]]);
});

Deno.test("decodeHeaders() reverses encodeHeaders()", () => {
  const fields = [
    [":method", "CONNECT"],
    [":authority", "relay.example:4443"],
    ["age", "0"],
    ["wt-available-protocols", '"moq-lite-05", "moql"'],
    ["x", "é".repeat(300)],
    ["n".repeat(200), ""],
  ] as const;
  assertEquals(decodeHeaders(encodeHeaders(fields)), fields.map((field) => [...field]));
});

Deno.test("encodeHeaders() refers to the static table", () => {
  assertEquals(encodeHeaders([[":status", "200"]]).toHex(), "0000d9");
  assertEquals(encodeHeaders([[":status", "401"]]).toHex(), "00005f0903343031");
});

Deno.test("decodeHeaders() rejects every reference to the dynamic table", () => {
  for (const block of ["0200 80", "0000 80", "0000 40 00", "0000 10", "0000 00 00"]) {
    assertThrows(() => decodeHeaders(hex(block)), Http3Error, "dynamic table");
  }
});

Deno.test("decodeHeaders() rejects malformed blocks", () => {
  for (
    const block of [
      "", // No prefix.
      "00",
      "0000 51", // No value.
      "0000 51 0a 2f", // The value exceeds the block.
      "0000 51 ffffffffffffffffff7f", // A length beyond all bounds.
      "0000 ff24", // Static index 99.
      "0000 51 81 1e", // Bad Huffman padding.
    ]
  ) assertThrows(() => decodeHeaders(hex(block)), Http3Error, "Cannot decode header block");
});

Deno.test("STATIC_TABLE has the 99 entries of RFC 9204", () => {
  assertEquals(STATIC_TABLE.length, 99);
  assertEquals(STATIC_TABLE[0], [":authority", ""]);
  assertEquals(STATIC_TABLE[27], [":status", "404"]);
  assertEquals(STATIC_TABLE[63], [":status", "100"]);
  assertEquals(STATIC_TABLE[98], ["x-frame-options", "sameorigin"]);
});
