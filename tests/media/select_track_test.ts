import { assertEquals, assertThrows } from "@std/assert";
import { findBox, readBoxes } from "../../lib/media/box.ts";
import { parseInitSegment } from "../../lib/media/init_segment.ts";
import { selectTrack } from "../../lib/media/select_track.ts";
import { box, initSegment, join, largeBox, u32 } from "./boxes.ts";
import { readMedia } from "./fixtures.ts";

Deno.test("selectTrack() keeps one track, its defaults and everything else", () => {
  const { init } = readMedia("muxed");
  const { tracks } = parseInitSegment(init);
  for (const track of tracks) {
    const selected = selectTrack(init, track.id);
    assertEquals(parseInitSegment(selected), { tracks: [track] });
    const moov = findBox(selected, "moov")!;
    assertEquals(moov.end, selected.length);
    const types = [...readBoxes(selected, moov.body, moov.end)].map(({ type }) => type);
    assertEquals(types, ["mvhd", "trak", "mvex", "udta"]);
    const mvex = findBox(selected, "mvex", moov)!;
    const [trex, ...others] = readBoxes(selected, mvex.body, mvex.end);
    assertEquals(others, []);
    assertEquals(new DataView(selected.buffer).getUint32(trex!.body + 4), track.id);
  }
});

Deno.test("selectTrack() gives the very same bytes where there is one track", () => {
  const { init } = readMedia("h264");
  assertEquals(selectTrack(init, 1), init);
});

Deno.test("selectTrack() leaves its input alone", () => {
  const { init } = readMedia("muxed");
  const before = init.slice();
  selectTrack(init, 2);
  assertEquals(init, before);
});

Deno.test("selectTrack() drops what extends the other tracks", () => {
  const init = initSegment({ id: 1, defaults: [1, 1, 1] }, {
    id: 2,
    wide: true,
    defaults: [2, 2, 2],
  });
  const moov = findBox(init, "moov")!;
  const mvex = findBox(init, "mvex", moov)!;
  const trep = (id: number) => box("trep", u32(0, id));
  const extended = (size: typeof box) =>
    join(
      box("ftyp"),
      size(
        "moov",
        init.subarray(moov.body, mvex.start),
        size("mvex", trep(1), init.subarray(mvex.body, mvex.end), trep(2)),
      ),
      box("free"),
    );
  const trak = [...readBoxes(init, moov.body, moov.end)][1]!;
  const trex = [...readBoxes(init, mvex.body, mvex.end)][1]!;
  const expected = join(
    box("ftyp"),
    box(
      "moov",
      init.subarray(trak.start, trak.end),
      box("mvex", init.subarray(trex.start, trex.end), trep(2)),
    ),
    box("free"),
  );
  assertEquals(selectTrack(extended(box), 2), expected);
  assertEquals(selectTrack(extended(largeBox), 2), expected);
});

Deno.test("selectTrack() throws where there is nothing to select", () => {
  const { init, fragments } = readMedia("muxed");
  assertThrows(() => selectTrack(init, 3), SyntaxError, "there is no track 3");
  assertThrows(() => selectTrack(fragments[0]!, 1), SyntaxError, "no moov box");
  assertThrows(
    () => selectTrack(box("moov", box("trak", box("mdia"))), 1),
    SyntaxError,
    "trak has no tkhd box",
  );
});
