import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { fromHex, toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { craftSignatures } from "../../base/host/testing/crafted-signatures.ts";
import type { PublicKey, Signature } from "../../base/types.ts";
import { Chromium, chromiumPath } from "./chromium.ts";
import type { SignatureCase, SignaturesPage } from "./pages/signatures-page.ts";

const data = fileURLToPath(new URL("../../../shared/data/ed25519/", import.meta.url));
const skipped =
  chromiumPath() === undefined
    ? " skipped: chromium: apt-get install chromium"
    : !existsSync(data)
      ? " skipped: ../shared/data: put the public test data beside the checkout"
      : "";

function speccheck(): readonly SignatureCase[] {
  const cases = JSON.parse(readFileSync(join(data, "speccheck-cases.json"), "utf8")) as {
    readonly message: string;
    readonly pub_key: string;
    readonly signature: string;
  }[];
  return cases.map(({ message, pub_key, signature }) => ({ key: pub_key, message, signature }));
}

function wycheproof(): readonly SignatureCase[] {
  const file = readFileSync(join(data, "wycheproof-ed25519.json"), "utf8");
  const { testGroups } = JSON.parse(file) as {
    readonly testGroups: readonly {
      readonly publicKey: { readonly pk: string };
      readonly tests: readonly { readonly msg: string; readonly sig: string }[];
    }[];
  };
  return testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ msg, sig }) => ({ key: publicKey.pk, message: msg, signature: sig })),
  );
}

function crafted(): readonly SignatureCase[] {
  return [...craftSignatures(25519, 80)].map(({ key, message, signature }) => ({
    key: toHex(key),
    message: toHex(message),
    signature: toHex(signature),
  }));
}

function replicasVerdict({ key, message, signature }: SignatureCase): boolean {
  const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
  return nodeCrypto.verify(bytes(key) as PublicKey, bytes(message), bytes(signature) as Signature);
}

it.skipIf(skipped !== "")(
  `a browser comes to the replicas' verdict on every known and crafted signature${skipped}`,
  { timeout: 180_000 },
  async () => {
    const sets = [speccheck(), wycheproof(), crafted()];
    expect(sets.slice(0, 2).map(({ length }) => length)).toEqual([12, 151]);
    expect(sets[2]?.length).toBeGreaterThan(1000);
    const cases = sets.flat();
    const expected = cases.map(replicasVerdict);
    const chromium = await Chromium.open();
    try {
      const page = await chromium.page("signatures-page");
      const verdicts = await page.evaluate(
        (cases) => (globalThis as unknown as { quorate: SignaturesPage }).quorate.judge(cases),
        cases,
      );
      expect(verdicts.map(({ fallback }) => fallback)).toEqual(expected);
      const own = verdicts.map((verdict) => verdict.own);
      // Browsers before 2025 have no Ed25519 of their own; then there is only the fallback.
      if (own[0] !== undefined) expect(own).toEqual(expected);
      expect(new Set(expected)).toEqual(new Set([true, false]));
    } finally {
      await chromium.close();
    }
  },
);
