import { X509Certificate } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { createSelfSigned } from "../../lib/transport/self_signed.ts";

Deno.test("createSelfSigned() makes a certificate that others can read and verify", async () => {
  const { cert, fingerprint } = await createSelfSigned(["a.example", "127.0.0.1", "2001:db8::1:0"]);
  const certificate = new X509Certificate(cert);
  assert(certificate.verify(certificate.publicKey));
  assertEquals(certificate.fingerprint256.replaceAll(":", "").toLowerCase(), fingerprint);
  assertEquals(certificate.subject, "CN=a.example");
  assertEquals(certificate.issuer, "CN=a.example");
  assertEquals(certificate.ca, false);
  assertEquals(
    certificate.subjectAltName,
    "DNS:a.example, IP Address:127.0.0.1, IP Address:2001:db8::1:0",
  );
});

Deno.test("createSelfSigned() makes a certificate that is valid now and for two weeks at most", async () => {
  const { validFrom, validTo } = new X509Certificate((await createSelfSigned()).cert);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  assert(from < Date.now() && Date.now() < to);
  assertEquals(to - from, 14 * 24 * 3_600_000);
});

Deno.test("createSelfSigned() makes a different certificate each time", async () => {
  const [a, b] = await Promise.all([createSelfSigned(), createSelfSigned()]);
  assert(a.fingerprint !== b.fingerprint && a.key !== b.key);
});
