/** Certificates for development and tests. */

import { concat } from "@std/bytes/concat";
import { bitString, der, DER_TAG, integer, objectIdentifier, sequence, utcTime } from "./der.ts";

const HOUR = 3_600_000;
/** Browsers pin no certificate that is valid for longer than two weeks (W3C WebTransport §6.10). */
const VALIDITY = 14 * 24 * HOUR;

/** A key pair whose certificate nobody but itself vouches for. */
export interface SelfSigned {
  /** The certificate in PEM. */
  cert: string;
  /** The private key in PEM. */
  key: string;
  /** SHA-256 of the certificate, as 64 lowercase hexadecimal digits. */
  fingerprint: string;
}

/**
 * Makes an ECDSA P-256 certificate for `hostnames` (names or addresses), valid for two weeks from an
 * hour ago. Clients accept it by its fingerprint, or as an authority of its own.
 */
export async function createSelfSigned(
  hostnames: string[] = ["localhost", "127.0.0.1", "::1"],
): Promise<SelfSigned> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));

  const body = certificateBody(hostnames, publicKey);
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, body));
  const certificate = sequence(
    body,
    ECDSA_WITH_SHA256,
    bitString(sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)))),
  );
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", certificate));
  return {
    cert: pem("CERTIFICATE", certificate),
    key: pem("PRIVATE KEY", privateKey),
    fingerprint: digest.toHex(),
  };
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const TRUE = der(DER_TAG.boolean, Uint8Array.of(0xff));
const text = (value: string) => new TextEncoder().encode(value);

/** What is signed (RFC 5280 §4.1). */
function certificateBody(hostnames: string[], publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const commonName = sequence(
    objectIdentifier("2.5.4.3"),
    der(DER_TAG.utf8String, text(hostnames[0] ?? "localhost")),
  );
  const name = sequence(der(DER_TAG.set, commonName));
  const from = Date.now() - HOUR;
  return sequence(
    der(0xa0, integer(Uint8Array.of(2))), // Version 3.
    integer(crypto.getRandomValues(new Uint8Array(16))),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(new Date(from)), utcTime(new Date(from + VALIDITY))),
    name,
    publicKey,
    der(0xa3, sequence(...extensions(hostnames))),
  );
}

function extensions(hostnames: string[]): Uint8Array[] {
  const extension = (id: string, value: Uint8Array, critical = false) =>
    sequence(
      objectIdentifier(id),
      ...critical ? [TRUE] : [],
      der(DER_TAG.octetString, value),
    );
  return [
    extension("2.5.29.19", sequence(), true), // Basic constraints: not an authority.
    extension("2.5.29.15", der(DER_TAG.bitString, Uint8Array.of(7, 0x80)), true), // Key usage: signing.
    extension("2.5.29.37", sequence(objectIdentifier("1.3.6.1.5.5.7.3.1"))), // TLS server.
    extension("2.5.29.17", sequence(...hostnames.map(alternativeName))),
  ];
}

/** A subject alternative name (RFC 5280 §4.2.1.6): an address in bytes, or a DNS name. */
function alternativeName(hostname: string): Uint8Array {
  if (/^\d+(\.\d+){3}$/.test(hostname)) {
    return der(0x87, Uint8Array.from(hostname.split("."), Number));
  }
  if (!hostname.includes(":")) return der(0x82, text(hostname));
  // The URL parser writes an IPv6 address in its canonical form, of which "::" is what remains to expand.
  const canonical = new URL(`http://[${hostname}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::").map((half) => half.split(":").filter(Boolean));
  const missing = 8 - head.length - (tail?.length ?? 0);
  const groups = [...head, ...Array(missing).fill("0"), ...tail ?? []];
  return der(
    0x87,
    concat(groups.map((group) => {
      const value = parseInt(group, 16);
      return Uint8Array.of(value >> 8, value & 0xff);
    })),
  );
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
