/** The little of DER (ITU-T X.690) that writing a certificate takes. */

import { concat } from "@std/bytes/concat";

/** Tags of the values a certificate is made of. */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value with its tag and length. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concat(content);
  const size = body.length;
  const length = size < 0x80
    ? [size]
    : size < 0x100
    ? [0x81, size]
    : [0x82, size >> 8, size & 0xff];
  return concat([Uint8Array.of(tag, ...length), body]);
}

/** A sequence. */
export function sequence(...items: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(DER_TAG.sequence, ...items);
}

/** An unsigned integer in big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  // A leading 1 bit would make it negative.
  const sign = digits[0]! & 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return der(DER_TAG.integer, sign, digits);
}

/** A string of whole bytes as bits. */
export function bitString(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(DER_TAG.bitString, Uint8Array.of(0), bytes);
}

/** An object identifier in dotted form. */
export function objectIdentifier(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) digits.unshift(0x80 | high & 0x7f);
    bytes.push(...digits);
  }
  return der(DER_TAG.objectIdentifier, Uint8Array.from(bytes));
}

/** A moment between 1950 and 2049 (RFC 5280 §4.1.2.5.1), to the second. */
export function utcTime(date: Date): Uint8Array<ArrayBuffer> {
  const text = date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "") + "Z";
  return der(DER_TAG.utcTime, new TextEncoder().encode(text));
}
