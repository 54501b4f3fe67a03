import { readFileSync } from "node:fs";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Client } from "../../client/types.ts";
import { clusterSource } from "../../client/proofs/cluster-source.ts";
import { ProofLookup } from "../../client/proofs/proof-lookup.ts";
import { Theory } from "../../proof/frame/theory.ts";
import { METAMATH_1, readDatabase } from "../../proof/metamath/database.ts";
import type { Database } from "../../proof/metamath/database.ts";
import { closureKeys, theoryOf } from "../../proof/metamath/database-theory.ts";
import { DATABASE_BUDGET } from "../../proof/metamath/metamath-1.ts";

const AT_ONCE = 16;

/** One theorem of the asker's database that another one states, too. */
export interface Pair {
  readonly payload: Uint8Array;
  /** Whether the other's proof rests on nothing that the asker lacks. */
  readonly isCarried: boolean;
}

export interface Answers {
  readonly found: number;
  /** Found, from an axiom that the asker does not permit. */
  readonly beyond: number;
  /** Found where there was to be none, or the other way round. */
  readonly unexpected: number;
}

const { hash } = nodeCrypto;

function read(file: string): Database {
  const source = new Uint8Array(readFileSync(file));
  const { result } = readDatabase(source, DATABASE_BUDGET, { onRefused: () => undefined });
  if (result.status !== "accept") throw new Error(`${file}: ${result.reason}`);
  return result.value;
}

/** Theorems of one database that another states as well, and what the first assumes. */
export function pairsOf(
  file: string,
  otherFile: string,
): { readonly theory: Theory; readonly pairs: readonly Pair[] } {
  const [asker, other] = [read(file), read(otherFile)];
  const theory = theoryOf(hash, asker);
  const there = new Map<string, number[]>();
  const keys = new Map<number, ReturnType<Database["keyOf"]>>();
  for (const assertion of other.assertions()) {
    const key = other.keyOf(hash, assertion);
    keys.set(assertion, key);
    if (other.isAxiom(assertion)) continue;
    const text = toHex(key);
    there.set(text, [...(there.get(text) ?? []), assertion]);
  }
  const pairs = new Map<string, Pair>();
  for (const assertion of asker.assertions()) {
    const text = toHex(asker.keyOf(hash, assertion));
    const same = asker.isTheorem(assertion) ? there.get(text) : undefined;
    if (same === undefined) continue;
    const isCarried = same.some((one) =>
      theory.admits(closureKeys(other, one, (axiom) => keys.get(axiom)!) ?? []),
    );
    pairs.set(text, { payload: asker.payloadOf(assertion), isCarried });
  }
  return { theory, pairs: [...pairs.values()] };
}

/** Asks a cluster for each under this theory; `isExpected` says which are to be found. */
export async function askAll(
  client: Client,
  theory: Theory,
  pairs: readonly Pair[],
  isExpected: (pair: Pair) => boolean,
): Promise<Answers> {
  const lookup = new ProofLookup([clusterSource(client)]);
  let [found, beyond, unexpected] = [0, 0, 0];
  for (let from = 0; from < pairs.length; from += AT_ONCE) {
    const some = pairs.slice(from, from + AT_ONCE);
    const answers = await Promise.all(
      some.map(({ payload }) => lookup.find({ kind: METAMATH_1, payload }, { theory })),
    );
    for (const [index, answer] of answers.entries()) {
      const isFound = answer.status === "found";
      if (isFound) found++;
      if (isFound && !theory.admits(answer.axioms)) beyond++;
      if (isFound !== isExpected(some[index]!)) unexpected++;
    }
  }
  return { found, beyond, unexpected };
}
