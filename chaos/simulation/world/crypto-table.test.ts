import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { Prng } from "../../../base/prng.ts";
import type { Signature } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { realCryptography } from "./crypto-real.ts";
import { tableCryptography } from "./crypto-table.ts";
import { tableHash } from "./table-hash.ts";

describe.each([
  ["table", tableCryptography],
  ["real", realCryptography],
] as const)("%s cryptography", (_name, create) => {
  const { crypto, signerOf } = create();
  const [ann, bob] = [signerOf("ann"), signerOf("bob")];
  const message = utf8("a message");

  it("accepts what the key's holder signed, in either form", () => {
    expect(crypto.verify(ann.publicKey, message, ann.sign(message))).toBe(true);
    expect(crypto.verify(ann.publicKey, message, ann.signAnew(message))).toBe(true);
  });

  it("refuses another's signature, another message and every flipped bit", () => {
    const signature = ann.sign(message);
    expect(crypto.verify(bob.publicKey, message, signature)).toBe(false);
    expect(crypto.verify(ann.publicKey, utf8("another"), signature)).toBe(false);
    for (let at = 0; at < 64; at++) {
      const flipped = signature.slice() as Signature;
      flipped[at] = (flipped[at] as number) ^ 4;
      expect(crypto.verify(ann.publicKey, message, flipped)).toBe(false);
    }
    expect(crypto.verify(ann.publicKey, message, new Uint8Array(64) as Signature)).toBe(false);
  });

  it("gives the same keys in every run", () => {
    expect(create().signerOf("ann").publicKey).toEqual(ann.publicKey);
  });
});

describe("the table's hash", () => {
  it("gives no two of many similar inputs one digest", () => {
    const prng = new Prng(1);
    const seen = new Set<string>();
    const base = prng.bytes(100);
    for (let at = 0; at < 100; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const input = base.slice();
        input[at] = (input[at] as number) ^ (1 << bit);
        seen.add(keyText(tableHash(input)));
        seen.add(keyText(tableHash(input.subarray(0, at))));
      }
    }
    // Each prefix comes eight times.
    expect(seen.size).toBe(800 + 100);
    for (let count = 0; count < 20_000; count++) seen.add(keyText(tableHash(utf8(`${count}`))));
    expect(seen.size).toBe(20_900);
  });
});
