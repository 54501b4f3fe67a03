import { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nodePlatform } from "../../client/platform/node-platform.ts";
import { fromHex } from "../bytes.ts";
import type { PublicKey, Signature } from "../types.ts";
import { isCanonicalPoint, isCanonicalScalar } from "./canonical-encoding.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { portableCrypto } from "./portable-crypto.ts";
import { craftSignatures } from "./testing/crafted-signatures.ts";

/**
 * Whoever checks a signature comes to the same verdict: replica, client and command line (OpenSSL
 * behind our rule), a browser's own WebCrypto behind our rule, and the fallback in plain JavaScript.
 */
type Triple = readonly [key: Uint8Array, message: Uint8Array, signature: Uint8Array];

const replica = (...[key, message, signature]: Triple): boolean =>
  nodeCrypto.verify(key as PublicKey, message, signature as Signature);
const fallback = (...[key, message, signature]: Triple): boolean =>
  portableCrypto.verify(key as PublicKey, message, signature as Signature);

async function browser(...[key, message, signature]: Triple): Promise<boolean> {
  const isForm = signature.length === 64 && key.length === 32;
  if (!isForm || !isCanonicalScalar(signature.subarray(32))) return false;
  if (!isCanonicalPoint(signature.subarray(0, 32)) || !isCanonicalPoint(key)) return false;
  const { subtle } = webcrypto;
  try {
    const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch {
    return false;
  }
}

/** The one verdict, which all give. */
async function verdictOf(...triple: Triple): Promise<boolean> {
  const verdict = replica(...triple);
  expect([fallback(...triple), await browser(...triple)]).toEqual([verdict, verdict]);
  return verdict;
}

const data = fileURLToPath(new URL("../../../shared/data/ed25519/", import.meta.url));
const isThere = existsSync(data);
const skipped = isThere
  ? ""
  : " skipped: ../shared/data: put the public test data beside the checkout";
const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

describe("all verifiers give one verdict", () => {
  it("on more than a thousand signatures crafted to divide them", { timeout: 60_000 }, async () => {
    const counts = new Map<string, { accepted: number; refused: number }>();
    let count = 0;
    for (const { craft, key, message, signature } of craftSignatures(8032, 80)) {
      const verdict = await verdictOf(key, message, signature);
      const found = counts.get(craft) ?? { accepted: 0, refused: 0 };
      found[verdict ? "accepted" : "refused"]++;
      counts.set(craft, found);
      count++;
    }
    expect(count).toBeGreaterThan(1000);
    expect(counts.get("none")).toEqual({ accepted: 80, refused: 0 });
    for (const craft of ["S + 1L", "S + 7L", "−S", "R not canonical", "key not canonical", "−0"]) {
      expect(counts.get(craft), craft).toMatchObject({ accepted: 0 });
    }
    // Torsion that cancels out is accepted by the equation; keys with torsion are never admitted.
    const mixed = [1, 2, 3, 4, 5, 6, 7].map((part) => counts.get(`torsion ${part} in the key`)!);
    expect(mixed.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(0);
    expect(mixed.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
  });

  it.skipIf(!isThere)(`on speccheck's twelve${skipped}`, async () => {
    const cases = JSON.parse(readFileSync(join(data, "speccheck-cases.json"), "utf8")) as {
      readonly message: string;
      readonly pub_key: string;
      readonly signature: string;
    }[];
    expect(cases).toHaveLength(12);
    for (const { message, pub_key, signature } of cases) {
      await verdictOf(hex(pub_key), hex(message), hex(signature));
    }
  });

  it.skipIf(!isThere)(`on Wycheproof's 151${skipped}`, async () => {
    const { testGroups } = JSON.parse(
      readFileSync(join(data, "wycheproof-ed25519.json"), "utf8"),
    ) as {
      readonly testGroups: readonly {
        readonly publicKey: { readonly pk: string };
        readonly tests: readonly { readonly msg: string; readonly sig: string }[];
      }[];
    };
    const triples = testGroups.flatMap(({ publicKey, tests }) =>
      tests.map(({ msg, sig }) => [hex(publicKey.pk), hex(msg), hex(sig)] as const),
    );
    expect(triples).toHaveLength(151);
    for (const triple of triples) await verdictOf(...triple);
  });
});

describe("who uses which", () => {
  it("the client checks with the replica's", () => {
    expect(nodePlatform({ folder: undefined }).crypto).toBe(nodeCrypto);
  });

  it("the fallback names nothing of Node's, nor does anything that it imports", () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      expect(text, file).not.toMatch(/["']node:|\bBuffer\b|\bprocess\./);
      for (const match of text.matchAll(/^import (?!type)[\s\S]*?from "(\.[^"]+)"/gm)) {
        visit(resolve(dirname(file), match[1]!));
      }
    };
    visit(fileURLToPath(new URL("portable-crypto.ts", import.meta.url)));
    expect(seen.size).toBeGreaterThan(3);
  });
});
