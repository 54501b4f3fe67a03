import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PROOF_BUDGET } from "./metamath-1.ts";
import { checkProof } from "./check-proof.ts";
import { KnownObligations } from "../frame/known-obligations.ts";
import { METAMATH_1 } from "./database.ts";
import type { Database } from "./database.ts";
import { SyntaxGrammar } from "./syntax-grammar.ts";
import { LOGIC, readSound, sha256 } from "./testing/small-database.ts";

const SYNTAX = `$c class = { | } $. $v A B x $.
cA $f class A $. cB $f class B $. vx $f set x $.
`;

function axiomsOf(database: Database): Uint8Array[] {
  return [...database.assertions()]
    .filter((one) => database.isAxiom(one))
    .map((one) => database.payloadOf(one));
}

/** Whether the proof that is found of a theorem is one. */
function isProved(
  database: Database,
  grammar: SyntaxGrammar,
  theorem: number,
): boolean | undefined {
  const payload = database.payloadOf(theorem);
  const found = grammar.prove(payload);
  if (found === undefined) return undefined;
  const known = new KnownObligations(sha256, METAMATH_1);
  for (const axiom of found.cited) known.add(axiom);
  const evidence = { payload, proof: found.proof, cited: known.payloadOf };
  return checkProof(evidence, PROOF_BUDGET).status === "accept";
}

function isOfLogic(database: Database, assertion: number): boolean {
  const [typecode] = database.statementOf(assertion).conclusion;
  return database.parts.tokens.textOf(typecode!) === "|-";
}

function proofsOf(text: string, ...labels: string[]): (boolean | undefined)[] {
  const database = readSound(text);
  const grammar = new SyntaxGrammar(sha256, axiomsOf(database), PROOF_BUDGET);
  return labels.map((label) => isProved(database, grammar, database.find(label)!));
}

describe("a statement of syntax", () => {
  it("is parsed, and its derivation is a proof", () => {
    const text = `${LOGIC} s1 $p wff ( p -> ( q -> p ) ) $= wp wq wp wi wi $.
      s2 $p wff ( ( p -> p ) -> ( ( q -> p ) -> p ) ) $= wp wp wi wq wp wi wp wi wi $.
      s3 $p wff p $= wp $.`;
    expect(proofsOf(text, "s1", "s2", "s3")).toEqual([true, true, true]);
  });

  it("may use rules that begin with what they make, and rules of one symbol", () => {
    const text = `${SYNTAX.replace("$v A B x $.", "$c wff set . $. $v A B x $.")}
      cv $a class x $. weq $a wff A = B $. dot $a class A . B $. ab $a class { x | A } $.
      t1 $p wff x = A $= vx cv cA weq $.
      t2 $p wff A . B . x = { x | B } $= cA cB dot vx cv dot cB vx ab weq $.`;
    expect(proofsOf(text, "t1", "t2")).toEqual([true, true]);
  });

  it("that no rule makes has no proof, and neither has a theorem of logic", () => {
    const text = `${LOGIC} $c ! $. wn $a wff ! p q $. odd $p wff ! p q $= wp wq wn $.
      \${ h $e |- p $. th $p |- p $= h $. $}`;
    const database = readSound(text);
    const axioms = axiomsOf(readSound(LOGIC));
    const grammar = new SyntaxGrammar(sha256, axioms, PROOF_BUDGET);
    for (const label of ["odd", "th"]) {
      expect(grammar.prove(database.payloadOf(database.find(label)!))).toBeUndefined();
    }
  });

  it("of any depth is parsed within its budget", () => {
    const deep = `${"( ".repeat(400)}p${" -> p )".repeat(400)}`;
    const proof = `wp ${"wp wi ".repeat(400)}`;
    const text = `${LOGIC} deep $p wff ${deep} $= ${proof} $.`;
    expect(proofsOf(text, "deep")).toEqual([true]);
    const database = readSound(text);
    const poor = { ...PROOF_BUDGET, stepsMax: 1000 };
    const grammar = new SyntaxGrammar(sha256, axiomsOf(database), poor);
    expect(grammar.prove(database.payloadOf(database.find("deep")!))).toBeUndefined();
  });
});

const ISET = "/usr/share/metamath/databases/iset.mm";

describe.runIf(existsSync(ISET))("every theorem of syntax in Debian's iset.mm", () => {
  it("is proved by itself", () => {
    const database = readSound(readFileSync(ISET));
    const grammar = new SyntaxGrammar(sha256, axiomsOf(database), PROOF_BUDGET);
    const verdicts = [...database.assertions()]
      .filter((one) => database.isTheorem(one) && !isOfLogic(database, one))
      .map((one) => isProved(database, grammar, one));
    expect(new Set(verdicts)).toEqual(new Set([true]));
  });
});
