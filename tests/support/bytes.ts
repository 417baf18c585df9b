/** Bytes for tests. */

/** Reads hexadecimal digits, spaces between them aside. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replaceAll(" ", ""));
}

/** `bytes` whole, in two parts split at every place there is, and byte by byte. */
export function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes.slice()];
  for (let i = 1; i < bytes.length; ++i) yield [bytes.slice(0, i), bytes.slice(i)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}
