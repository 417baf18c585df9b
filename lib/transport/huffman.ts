/** The Huffman code of HPACK and QPACK header strings (RFC 7541 §5.2). */

/** Bits of each symbol's code (RFC 7541 Appendix B); the last is the end-of-string symbol. */
// deno-fmt-ignore
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const END_OF_STRING = 256;

// The code is canonical: codes of one length are consecutive and in the order of their symbols,
// so the first code of each length is all a decoder needs.
const BY_LENGTH = (() => {
  const levels: { first: number; symbols: number[] }[] = [];
  let next = 0;
  for (let length = 0; length <= 30; ++length) {
    next *= 2;
    const symbols = [...LENGTHS.keys()].filter((symbol) => LENGTHS[symbol] === length);
    levels.push({ first: next, symbols });
    next += symbols.length;
  }
  return levels;
})();

/**
 * Decodes a Huffman-coded string.
 *
 * @throws {SyntaxError} if it contains the end-of-string symbol or is not padded with up to seven 1 bits.
 */
export function decodeHuffman(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // The shortest code has five bits.
  const decoded = new Uint8Array(Math.floor(bytes.length * 8 / 5));
  let size = 0;
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; --bit) {
      code = code * 2 + (byte >> bit & 1);
      const { first, symbols } = BY_LENGTH[++length]!;
      const symbol = symbols[code - first];
      if (symbol === undefined) continue;
      if (symbol === END_OF_STRING) {
        throw new SyntaxError("Cannot decode Huffman string: it contains the end-of-string symbol");
      }
      decoded[size++] = symbol;
      code = length = 0;
    }
  }
  if (length > 7 || code !== 2 ** length - 1) {
    throw new SyntaxError("Cannot decode Huffman string: its padding is invalid");
  }
  return decoded.subarray(0, size);
}
