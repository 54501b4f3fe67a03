import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newSeed, signingKey } from "./signing-key.ts";

describe("a key's own certificate", () => {
  const key = signingKey(newSeed());
  const { cert, key: secret } = key.tlsIdentity();
  const read = new X509Certificate(cert);

  it("is read by OpenSSL, and names the key", () => {
    const spki = read.publicKey.export({ format: "der", type: "spki" });
    expect(read.publicKey.asymmetricKeyType).toBe("ed25519");
    expect(Buffer.compare(spki.subarray(-32), key.publicKey)).toBe(0);
    expect(read.subject).toBe("CN=quorate");
    expect(read.issuer).toBe(read.subject);
  });

  it("is signed by that key, and by no other", () => {
    expect(read.verify(read.publicKey)).toBe(true);
    const other = new X509Certificate(signingKey(newSeed()).tlsIdentity().cert);
    expect(read.verify(other.publicKey)).toBe(false);
  });

  it("belongs to the secret beside it", () => {
    expect(read.checkPrivateKey(createPrivateKey(secret))).toBe(true);
  });

  it("is valid always, and the same each time", () => {
    expect(new Date(read.validFrom).getUTCFullYear()).toBe(1970);
    expect(new Date(read.validTo).getUTCFullYear()).toBe(9999);
    expect(key.tlsIdentity().cert).toBe(cert);
  });
});
