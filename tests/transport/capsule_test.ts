import { assertEquals, assertRejects } from "@std/assert";
import {
  type Capsule,
  CapsuleStream,
  closeCapsule,
  encodeCapsule,
} from "../../lib/transport/capsule.ts";
import { concat } from "@std/bytes/concat";
import { Http3Error } from "../../lib/transport/http3.ts";
import { hex } from "./support.ts";

function parse(...chunks: Uint8Array[]): Promise<Capsule[]> {
  return Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new CapsuleStream()));
}

Deno.test("closeCapsule() writes code and reason", () => {
  assertEquals(closeCapsule({ closeCode: 7, reason: "bye" }).toHex(), "6843070000000762" + "7965");
  assertEquals(closeCapsule({}).toHex(), "68430400000000");
});

Deno.test("CapsuleStream finds capsules wherever they are split", async () => {
  const bytes = concat([
    hex("17 03 aabbcc"), // Unknown.
    hex("ffffffffffffffff 00"), // Unknown, of a type beyond 2^53.
    encodeCapsule({ kind: "drain" }),
    closeCapsule({ closeCode: 0xfffffffe, reason: "größer" }),
  ]);
  const expected: Capsule[] = [
    { kind: "drain" },
    { kind: "close", closeCode: 0xfffffffe, reason: "größer" },
  ];
  for (let at = 0; at <= bytes.length; ++at) {
    assertEquals(await parse(bytes.subarray(0, at), bytes.subarray(at)), expected);
  }
  assertEquals(await parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
});

Deno.test("CapsuleStream passes a capsule of any size over", async () => {
  const size = 1_000_000;
  const chunks = Array.from({ length: 100 }, () => new Uint8Array(size / 100));
  const header = concat([hex("17"), hex("80" + size.toString(16).padStart(6, "0"))]);
  const capsules = await parse(header, ...chunks, encodeCapsule({ kind: "drain" }));
  assertEquals(capsules, [{ kind: "drain" }]);
});

Deno.test("closeCapsule() cuts a reason that is too long between characters", async () => {
  const [capsule] = await parse(closeCapsule({ reason: "é".repeat(1000) + "x" }));
  assertEquals(capsule, { kind: "close", closeCode: 0, reason: "é".repeat(512) });
});

Deno.test("CapsuleStream rejects malformed capsules", async () => {
  await assertRejects(() => parse(hex("6843 03 000000")), Http3Error, "no error code");
  await assertRejects(() => parse(hex("6843 4405")), Http3Error, "too long");
  await assertRejects(() => parse(hex("6843 04 0000")), Http3Error, "ends within");
  await assertRejects(() => parse(hex("17 04 0000")), Http3Error, "ends within");
});
