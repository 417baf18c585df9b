/** Code points of HTTP/3 and WebTransport over it, and the error for a peer that breaks their rules. */

/** Types of unidirectional streams (RFC 9114 §6.2, RFC 9204 §4.2, draft-ietf-webtrans-http3 §4.2). */
export const STREAM_TYPE = {
  control: 0x00,
  qpackEncoder: 0x02,
  qpackDecoder: 0x03,
  webTransport: 0x54,
} as const;

/** Types of frames (RFC 9114 §7.2, draft-ietf-webtrans-http3 §4.3). */
export const FRAME_TYPE = {
  data: 0x00,
  headers: 0x01,
  settings: 0x04,
  pushPromise: 0x05,
  goaway: 0x07,
  webTransport: 0x41,
} as const;

/** Error codes (RFC 9114 §8.1, RFC 9204 §6, draft-ietf-webtrans-http3 §9.5). */
export const H3_ERROR = {
  noError: 0x100,
  streamCreation: 0x103,
  frameUnexpected: 0x105,
  frame: 0x106,
  excessiveLoad: 0x107,
  settings: 0x109,
  missingSettings: 0x10a,
  requestIncomplete: 0x10d,
  message: 0x10e,
  qpackDecompression: 0x200,
  webTransportProtocol: 0x0817b3dd,
} as const;

/** The peer broke a rule of HTTP/3, QPACK or WebTransport. */
export class Http3Error extends Error {
  /** The class's name. */
  override readonly name = "Http3Error";
  /** The code the connection is closed with, one of {@linkcode H3_ERROR}. */
  readonly code: number;
  /** Names the code and explains it in one line. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
