import { assertEquals, assertRejects } from "@std/assert";
import { ByteReader } from "../../lib/transport/byte_reader.ts";
import { encodeControlPreface, readControl } from "../../lib/transport/control_stream.ts";
import { H3_ERROR, Http3Error } from "../../lib/transport/http3.ts";
import { offersWebTransport, type Settings } from "../../lib/transport/http3_settings.ts";
import { byteStream, hex } from "./support.ts";

async function read(bytes: Uint8Array): Promise<(Settings | "goaway")[]> {
  const events: (Settings | "goaway")[] = [];
  await readControl(new ByteReader(byteStream(bytes)), {
    settings: (settings) => events.push(settings),
    goaway: () => events.push("goaway"),
  });
  return events;
}

Deno.test("encodeControlPreface() is understood as an offer of WebTransport", async () => {
  const [settings] = await read(encodeControlPreface().slice(1));
  assertEquals(offersWebTransport(settings as Settings), true);
  assertEquals((settings as Settings).get(0x08), 1);
});

Deno.test("readControl() ignores unknown settings and frames, however large their numbers", async () => {
  const events = await read(hex(`
    04 12  ffffffffffffffff ffffffffffffffff  0801
    21 03 aabbcc
    ffffffffffffffff 00
    07 01 00
  `));
  assertEquals((events[0] as Settings).get(0x08), 1);
  assertEquals(events[1], "goaway");
});

Deno.test("offersWebTransport() knows every draft's setting and takes 0 for no", async () => {
  for (
    const [bytes, expected] of [
      ["04 05 ab603742 01", true],
      ["04 09 c0000000c671706a 01", true],
      ["04 05 94e9cd29 01", true],
      ["04 05 ac7cf000 01", true],
      ["04 05 ab603742 00", false],
      ["04 02 0801", false],
      ["04 00", false],
    ] as const
  ) {
    const [settings] = await read(hex(bytes));
    assertEquals(offersWebTransport(settings as Settings), expected, bytes);
  }
});

Deno.test("readControl() rejects what breaks the rules, with the right code", async () => {
  for (
    const [bytes, code] of [
      ["", H3_ERROR.missingSettings],
      ["00 00", H3_ERROR.missingSettings],
      ["deadbeefdeadbeef", H3_ERROR.missingSettings],
      ["04 03 08", H3_ERROR.frame], // Cut short by the end of the stream.
      ["04 01 08", H3_ERROR.frame], // Cut short by the frame.
      ["04 80100000", H3_ERROR.excessiveLoad],
      ["04 00 04 00", H3_ERROR.frameUnexpected],
      ["04 00 00 00", H3_ERROR.frameUnexpected],
      ["04 00 01 00", H3_ERROR.frameUnexpected],
    ] as const
  ) {
    const error = await assertRejects(() => read(hex(bytes)), Http3Error);
    assertEquals(error.code, code, bytes);
  }
});
