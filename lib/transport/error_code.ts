/** Application error codes as HTTP/3 carries them (draft-ietf-webtrans-http3 §4.6). */

const FIRST = 0x52e4a40fa8db;
const LAST = 0x52e5ac983162;

/**
 * The HTTP/3 error code that stands for the application's `code`.
 *
 * @throws {RangeError} if `code` is not an unsigned 32-bit integer.
 */
export function toHttp3(code: number): number {
  if (!Number.isInteger(code) || code < 0 || code > 0xffffffff) {
    throw new RangeError(`Cannot encode error code as 32 bits: current value is ${code}`);
  }
  return FIRST + code + Math.floor(code / 0x1e);
}

/** The application's code an HTTP/3 error code stands for; undefined when it is HTTP/3's own. */
export function fromHttp3(code: number): number | undefined {
  // Every 31st code point is reserved for greasing (RFC 9114 §8.1) and stands for nothing.
  if (!(code >= FIRST && code <= LAST) || (code - 0x21) % 0x1f === 0) return undefined;
  const offset = code - FIRST;
  return offset - Math.floor(offset / 0x1f);
}
