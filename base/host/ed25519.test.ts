import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../bytes.ts";
import { Prng } from "../prng.ts";
import type { PublicKey, Signature } from "../types.ts";
import { admitKey, admitPossessedKey, provePossession } from "./admit-key.ts";
import { isCanonicalPoint, isCanonicalScalar } from "./canonical-encoding.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { portableCrypto } from "./portable-crypto.ts";
import { signingKey } from "./signing-key.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const data = join(root, "../shared/data/ed25519");
const isThere = existsSync(data);
const skipped = isThere
  ? ""
  : " skipped: ../shared/data: put the public test data beside the checkout";
const vectors = (name: string): unknown => JSON.parse(readFileSync(join(data, name), "utf8"));

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);
const verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  nodeCrypto.verify(key as PublicKey, message, signature as Signature);

const ORDER = ed25519.Point.Fn.ORDER;

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
}

const verifyByPoints = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  portableCrypto.verify(key as PublicKey, message, signature as Signature);

/** The eight points of small order, canonical encodings. */
const smallOrder = (() => {
  const generator = ed25519.Point.fromHex(
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  );
  return Array.from({ length: 8 }, (_, times) => generator.multiplyUnsafe(BigInt(times)));
})();

interface Speccheck {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

describe("the one signature rule", () => {
  it.skipIf(!isThere)(`decides the twelve speccheck cases as the points do${skipped}`, () => {
    const cases = vectors("speccheck-cases.json") as readonly Speccheck[];
    const verdicts = cases.map(({ message, pub_key, signature }) => {
      const verdict = verify(hex(pub_key), hex(message), hex(signature));
      expect(verdict).toBe(verifyByPoints(hex(pub_key), hex(message), hex(signature)));
      return verdict;
    });
    // 0–3: small-order or mixed A and R that fit the cofactorless equation. 4, 5: fit only the
    // cofactored one. 6, 7: S ≥ L. 8–11: non-canonical R or A.
    expect(verdicts).toEqual([true, true, true, true, ...Array.from({ length: 8 }, () => false)]);
  });

  it.skipIf(!isThere)(`decides every Wycheproof case as it stands there${skipped}`, () => {
    const { testGroups } = vectors("wycheproof-ed25519.json") as Wycheproof;
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, comment, msg, sig, result } of tests) {
        const verdict = verify(hex(publicKey.pk), hex(msg), hex(sig));
        expect(verdict, `case ${tcId}: ${comment}`).toBe(result === "valid");
        expect(verifyByPoints(hex(publicKey.pk), hex(msg), hex(sig))).toBe(verdict);
        count++;
      }
    }
    expect(count).toBe(151);
  });

  it("refuses a signature with any bit flipped, and one with S + L", () => {
    const key = signingKey(new Prng(2).bytes(32));
    const message = utf8("message");
    const signature = key.sign(message);
    expect(verify(key.publicKey, message, signature)).toBe(true);
    for (let bit = 0; bit < 512; bit++) {
      const flipped = Uint8Array.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(key.publicKey, message, flipped)).toBe(false);
    }
    const doubled = Uint8Array.from(signature);
    let sum = littleEndian(signature.subarray(32)) + ORDER;
    for (let index = 32; index < 64; index++, sum >>= 8n) doubled[index] = Number(sum & 255n);
    expect(verify(key.publicKey, message, doubled)).toBe(false);
  });

  it("never throws, whatever the lengths", () => {
    for (const size of [0, 1, 31, 33, 64]) {
      expect(verify(new Uint8Array(size), utf8("m"), new Uint8Array(64))).toBe(false);
      expect(verify(new Uint8Array(32), utf8("m"), new Uint8Array(size === 64 ? 65 : size))).toBe(
        false,
      );
    }
  });

  it("goes on past the bound of remembered keys", () => {
    const rng = new Prng(3);
    const message = utf8("m");
    const first = signingKey(rng.bytes(32));
    const signature = first.sign(message);
    for (let count = 0; count < 5000; count++) {
      const key = new Uint8Array(32);
      key.set(rng.bytes(31));
      nodeCrypto.verify(key as PublicKey, message, signature);
    }
    expect(verify(first.publicKey, message, signature)).toBe(true);
  });
});

describe("a canonical encoding", () => {
  const P = 2n ** 255n - 19n;
  const bytesOf = (value: bigint, sign = 0): Uint8Array => {
    const bytes = new Uint8Array(32);
    let rest = value;
    for (let index = 0; index < 32; index++, rest >>= 8n) bytes[index] = Number(rest & 255n);
    bytes[31] = (bytes[31] ?? 0) | (sign << 7);
    return bytes;
  };

  it("of a scalar is below L", () => {
    for (const value of [0n, 1n, ORDER - 1n]) expect(isCanonicalScalar(bytesOf(value))).toBe(true);
    for (const value of [ORDER, ORDER + 1n, 2n ** 253n]) {
      expect(isCanonicalScalar(bytesOf(value))).toBe(false);
    }
    expect(isCanonicalScalar(new Uint8Array(31))).toBe(false);
  });

  it("of a point has y below p, and no −0", () => {
    for (const value of [0n, 1n, 2n, P - 2n, P - 1n, 2n ** 254n]) {
      expect(isCanonicalPoint(bytesOf(value))).toBe(true);
    }
    for (const value of [0n, 2n, P - 2n]) expect(isCanonicalPoint(bytesOf(value, 1))).toBe(true);
    for (const value of [1n, P - 1n]) expect(isCanonicalPoint(bytesOf(value, 1))).toBe(false);
    for (let above = 0n; above < 19n; above++) {
      expect(isCanonicalPoint(bytesOf(P + above))).toBe(false);
      expect(isCanonicalPoint(bytesOf(P + above, 1))).toBe(false);
    }
  });
});

describe("admission of a key", () => {
  const codeOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return (error as { code: unknown }).code;
    }
    return "admitted";
  };
  const key = signingKey(new Prng(4).bytes(32));

  it("lets an honest key in", () => {
    expect(toHex(admitKey(key.publicKey))).toBe(toHex(key.publicKey));
  });

  it("refuses all eight points of small order", () => {
    for (const point of smallOrder)
      expect(codeOf(() => admitKey(point.toBytes()))).toBe("KEY_SMALL_ORDER");
  });

  it("refuses a key with a small-order part", () => {
    const honest = ed25519.Point.fromBytes(key.publicKey);
    for (const point of smallOrder.slice(1)) {
      expect(codeOf(() => admitKey(honest.add(point).toBytes()))).toBe("KEY_HAS_TORSION");
    }
  });

  it("refuses what is not canonical, not on the curve, or not 32 bytes", () => {
    expect(codeOf(() => admitKey(new Uint8Array(32).fill(255)))).toBe("KEY_NOT_CANONICAL");
    expect(codeOf(() => admitKey(key.publicKey.subarray(1)))).toBe("KEY_NOT_CANONICAL");
    expect(codeOf(() => admitKey(Uint8Array.of(2, ...new Uint8Array(31))))).toBe(
      "KEY_NOT_ON_CURVE",
    );
  });

  it("asks for proof of possession, for this context and this key", () => {
    const context = utf8("cluster");
    const signature = provePossession(key, context);
    const admit = (proof: { context: Uint8Array; signature: Signature }): unknown =>
      codeOf(() => admitPossessedKey(key.publicKey, proof, nodeCrypto));
    expect(admit({ context, signature })).toBe("admitted");
    expect(admit({ context: utf8("other"), signature })).toBe("KEY_NOT_POSSESSED");
    const other = signingKey(new Prng(5).bytes(32));
    expect(admit({ context, signature: provePossession(other, context) })).toBe(
      "KEY_NOT_POSSESSED",
    );
  });
});
