import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromUtf8, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { Theory, admissibleProof } from "../frame/theory.ts";
import type { RestsOn } from "../frame/theory.ts";
import { closureOfProof } from "./closure-of-proof.ts";
import { closureKeys, theoryOf } from "./database-theory.ts";
import type { Database } from "./database.ts";
import { readSound, readText, sha256 } from "./testing/small-database.ts";
import { Stored } from "./testing/stored.ts";

const FOLDER = "/usr/share/metamath/databases";
const missing = !existsSync(join(FOLDER, "set.mm"));
const title = missing
  ? "Debian's databases, skipped: metamath-databases: apt-get install metamath-databases"
  : "Debian's databases";
/** On a busy machine; alone it takes a few seconds. */
const PATIENCE = { timeout: 180_000 };

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));

const theoremsOf = (database: Database): number[] =>
  [...database.assertions()].filter((one) => database.isTheorem(one));

describe.skipIf(missing)(title, () => {
  const databases: readonly (readonly [name: string, theorems: number])[] = [
    ["demo0.mm", 1],
    ["miu.mm", 1],
    ["peano.mm", 0],
    ["big-unifier.mm", 2],
    ["hol.mm", 138],
    ["ql.mm", 1138],
    ["nf.mm", 6001],
  ];

  it.each(databases)(
    "%s: %i theorems hold, and hold as they are stored",
    PATIENCE,
    (name, count) => {
      const stored = new Stored(readSound(bytesOf(name)));
      const theorems = theoremsOf(stored.database);
      expect(theorems.length).toBe(count);
      const proved = new Map<string, readonly Hash[]>();
      const below = { payloadOf: stored.cited, axiomsOf: (key: Hash) => proved.get(toHex(key)) };
      const unproved: string[] = [];
      let repeated = 0;
      for (const theorem of theorems) {
        const label = stored.database.labelOf(theorem);
        const key = toHex(stored.keyOf(theorem));
        const result = stored.check(stored.payloadOf(label), stored.proofOf(label));
        if (proved.has(key)) {
          repeated++;
          // It may cite the theorem that it repeats: by key that is a circle.
          if (result.status !== "accept" && result.reason !== "cites-itself") unproved.push(label);
        } else if (result.status === "accept") {
          const axioms = closureOfProof(result.value.dependencies, below)!;
          const other = closureKeys(stored.database, theorem, (one) => stored.keyOf(one))!;
          // Two ways to the axioms below a theorem: by its stored proof, and by its database's
          // text. By key an obligation has the first of its proofs, so up to there they agree.
          if (repeated === 0) expect(axioms.map(toHex), label).toEqual(other.map(toHex));
          proved.set(key, axioms);
        } else unproved.push(label);
      }
      expect(unproved).toEqual([]);
    },
  );

  it("a fault planted in a copy is refused at its label", PATIENCE, () => {
    const source = bytesOf("ql.mm");
    const database = readSound(source);
    const theorems = theoremsOf(database);
    for (let index = 7; index < theorems.length; index += 97) {
      const theorem = theorems[index]!;
      const from = database.parts.statements.secondOf(theorem);
      const letters = source.indexOf(0x29, from) + 2;
      const copy = source.slice();
      // Another first step: A for anything but A.
      copy[letters] = copy[letters] === 0x41 ? 0x42 : 0x41;
      const { label, refused } = readText(copy);
      expect(label).toBe(database.labelOf(theorem));
      expect(["reject", "resource"]).toContain(refused?.status);
      expect(refused?.offset).toBeGreaterThan(from);
    }
  });

  it("iset.mm is never answered from set.mm by an axiom that it lacks", PATIENCE, () => {
    const [set, iset] = [readSound(bytesOf("set.mm")), readSound(bytesOf("iset.mm"))];
    expect([theoremsOf(set).length, theoremsOf(iset).length]).toEqual([37_759, 8990]);
    const theory = theoryOf(sha256, iset);
    const proofs = proofsByKey(set);
    let refusedCount = 0;
    const answers: number[] = [];
    for (const theorem of theoremsOf(iset)) {
      const candidates = proofs.get(toHex(iset.keyOf(sha256, theorem)));
      if (candidates === undefined) continue;
      const answer = admissibleProof(candidates, theory);
      if (answer === undefined) refusedCount++;
      else answers.push(answer.theorem);
    }
    // Equal statements: 7,433. Of their proofs in set.mm these many need nothing more than iset.mm.
    expect({ answered: answers.length, refusedCount }).toEqual({
      answered: 142,
      refusedCount: 7291,
    });
    expect(answers.filter((theorem) => reachesStranger(set, theorem, theory))).toEqual([]);
  });
});

interface Candidate extends RestsOn {
  readonly theorem: number;
}

function proofsByKey(database: Database): ReadonlyMap<string, readonly Candidate[]> {
  const keys = new Map<number, Hash>();
  for (const one of database.assertions()) keys.set(one, database.keyOf(sha256, one));
  const proofs = new Map<string, Candidate[]>();
  for (const theorem of theoremsOf(database)) {
    const key = toHex(keys.get(theorem)!);
    const axioms = closureKeys(database, theorem, (one) => keys.get(one)!)!;
    proofs.set(key, [...(proofs.get(key) ?? []), { theorem, axioms }]);
  }
  return proofs;
}

/** The slow way, by the labels in the text: whether it reaches an axiom that is not permitted. */
function reachesStranger(database: Database, theorem: number, theory: Theory): boolean {
  const seen = new Set([theorem]);
  for (const assertion of seen) {
    if (database.isAxiom(assertion)) {
      if (!theory.permits(database.keyOf(sha256, assertion))) return true;
      continue;
    }
    const from = database.parts.statements.secondOf(assertion);
    const text = database.source.subarray(from, database.source.indexOf(0x29, from));
    for (const label of fromUtf8(text)!.split(/\s+/)) {
      const cited = database.find(label);
      if (cited !== undefined) seen.add(cited);
    }
  }
  return false;
}

describe("a theory", () => {
  const database = readSound("$c wff |- x $. a $a |- x $. b $a wff x $. c $p |- x $= a $.");
  const theory = theoryOf(sha256, database);

  it("is a set of axioms, whatever their order", () => {
    const turned = new Theory([...theory.axioms].reverse());
    expect(theory.axioms.length).toBe(2);
    expect(toHex(turned.digest(sha256))).toBe(toHex(theory.digest(sha256)));
    const less = new Theory(theory.axioms.slice(1));
    expect(toHex(less.digest(sha256))).not.toBe(toHex(theory.digest(sha256)));
  });

  it("admits what rests on nothing else, and picks it among several proofs", () => {
    const keyOf = (assertion: number): Hash => database.keyOf(sha256, assertion);
    const axioms = closureKeys(database, database.find("c")!, keyOf)!;
    expect(axioms.map(toHex)).toEqual([toHex(keyOf(database.find("a")!))]);
    const empty = new Theory([]);
    expect(theory.admits(axioms)).toBe(true);
    expect(empty.admits(axioms)).toBe(false);
    expect(empty.admits([])).toBe(true);
    expect(admissibleProof([{ axioms }, { axioms: [] }], empty)).toEqual({ axioms: [] });
    expect(admissibleProof([{ axioms }], empty)).toBeUndefined();
  });
});
