import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { keyOfObligation } from "../frame/obligation.ts";
import { CNF_1_ID, CNF_BUDGET, cnf1 } from "./cnf-1.ts";
import { checkStored } from "./testing/proofs.ts";

/** For whoever builds a second implementation; a changed one of these is a new kind. */
interface Vector {
  readonly name: string;
  readonly dimacs: string;
  readonly payload: string;
  readonly key: string;
  /** A stored proof, hex, and what the checker says of it. */
  readonly proofs: readonly { readonly proof: string; readonly status: string }[];
}

const file = new URL("./vectors.json", import.meta.url);
const vectors = (
  existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []
) as readonly Vector[];

const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

function computed(vector: Vector): Vector {
  const formula = cnf1.parse(utf8(vector.dimacs), CNF_BUDGET);
  if (formula.status !== "accept") throw new Error(formula.reason);
  const canonical = cnf1.canonical(formula.value, CNF_BUDGET);
  if (canonical.status !== "accept") throw new Error(canonical.reason);
  const { payload } = canonical.value;
  return {
    ...vector,
    payload: toHex(payload),
    key: toHex(keyOfObligation(sha256, { kind: CNF_1_ID, payload })),
    proofs: vector.proofs.map(({ proof }) => ({
      proof,
      status: checkStored(payload, fromHex(proof)!).status,
    })),
  };
}

describe("the vectors", () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    expect(computed(vector)).toEqual(vector);
  });

  it("are there", () => {
    // After a wanted change, which is then another kind: WRITE_VECTORS=1
    if (process.env["WRITE_VECTORS"] === "1") {
      writeFileSync(file, `${JSON.stringify(vectors.map(computed), undefined, 2)}\n`);
    }
    expect(vectors.length).toBeGreaterThan(5);
  });
});
