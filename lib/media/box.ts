/** Boxes of ISO base media files (ISO/IEC 14496-12 §4.2). */

/** Where a box lies within the bytes it was found in. */
export interface Box {
  /** Four characters, e.g. "moof". */
  readonly type: string;
  /** Offset of the box. */
  readonly start: number;
  /** Offset of what it contains. */
  readonly body: number;
  /** Offset of the byte after it. */
  readonly end: number;
}

/** The size and type at the beginning of a box. */
export interface BoxHeader {
  /** Four characters. */
  readonly type: string;
  /** Bytes of the header itself: 8 or 16. */
  readonly headerSize: number;
  /** Bytes of the whole box; 0 when it goes on to the end of the file. */
  readonly size: number;
}

/**
 * Reads the header at `offset`; undefined when the bytes end within it.
 *
 * @throws {SyntaxError} if the size is smaller than the header or not a safe integer.
 */
export function readBoxHeader(bytes: Uint8Array, offset: number): BoxHeader | undefined {
  if (bytes.length - offset < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  const size = view.getUint32(0);
  if (size !== 1) {
    if (size !== 0 && size < 8) {
      throw new SyntaxError(`Cannot read box ${type}: its size is ${size}`);
    }
    return { type, headerSize: 8, size };
  }
  if (view.byteLength < 16) return undefined;
  const large = Number(view.getBigUint64(8));
  if (large < 16 || !Number.isSafeInteger(large)) {
    throw new SyntaxError(`Cannot read box ${type}: its size is ${large}`);
  }
  return { type, headerSize: 16, size: large };
}

/**
 * The boxes between `start` and `end`, in order.
 *
 * @throws {SyntaxError} if one does not lie wholly between them.
 */
export function* readBoxes(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): Generator<Box> {
  let offset = start;
  while (offset < end) {
    const header = readBoxHeader(bytes.subarray(0, end), offset);
    if (header === undefined) throw new SyntaxError(`Cannot read box: bytes end within its header`);
    const next = header.size === 0 ? end : offset + header.size;
    if (next > end) throw new SyntaxError(`Cannot read box ${header.type}: it exceeds its parent`);
    yield { type: header.type, start: offset, body: offset + header.headerSize, end: next };
    offset = next;
  }
}

/** The first box of `type` inside `parent`, if there is one. */
export function findBox(bytes: Uint8Array, type: string, parent?: Box): Box | undefined {
  for (const box of readBoxes(bytes, parent?.body, parent?.end)) {
    if (box.type === type) return box;
  }
  return undefined;
}
