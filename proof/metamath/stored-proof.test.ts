import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareBytes, toHex, utf8 } from "../../base/bytes.ts";
import { KnownObligations } from "../frame/known-obligations.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import { DATABASE_BUDGET, PROOF_BUDGET, metamath1 } from "./metamath-1.ts";
import { judgePayload } from "./check-proof.ts";
import { closureOfProof } from "./closure-of-proof.ts";
import { METAMATH_1, readDatabase } from "./database.ts";
import { encodeProof } from "./proof-object.ts";
import type { ProofObject } from "./proof-object.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "./testing/small-database.ts";
import { Stored } from "./testing/stored.ts";

const DUMMIES = `$c A. $. $v x y $. vx $f wff x $. vy $f wff y $.
\${ $d x p $. gen $a |- A. x p $. $} \${ any $e |- A. x p $. drop $a |- q $. $}
\${ $d y q $. dummy $p |- p $= wq wp vy wq vy gen drop $. $}
`;
const stored = new Stored(readSound(LOGIC + PROOFS + DUMMIES));
const key = (label: string) => stored.keyOf(stored.database.find(label)!);
const payload = stored.payloadOf("a1i");
const sound = stored.proofOf("a1i");

/** By hand: hypotheses p 0, q 1 by first occurrence in `( q -> p )`, so q is 0, p is 1, h is 2. */
function steps(...codes: number[]): Pick<ProofObject, "steps" | "stepCount"> {
  const writer = new ByteWriter();
  for (const code of codes) writer.varint(code);
  return { steps: writer.finish(), stepCount: codes.length };
}
const CITES = [
  { key: key("wi"), positions: undefined },
  { key: key("ax1"), positions: undefined },
  { key: key("mp"), positions: [1, 0, 2, 3] },
];
const SAVE = 0;
const [Q, P, H, WI, AX1, MP] = [1, 2, 3, 4, 5, 6];
const ARGUMENTS = [P, Q, P, WI, H, P, Q, AX1];

describe("a stored proof", () => {
  it("of each theorem is accepted for its obligation, and for no other", () => {
    for (const label of ["a1i", "a1ic", "twice", "dummy"]) {
      const result = stored.check(stored.payloadOf(label), stored.proofOf(label));
      expect(result.status, label).toBe("accept");
    }
    expect(stored.check(stored.payloadOf("twice"), sound)).toMatchObject({ status: "reject" });
    expect(stored.check(stored.payloadOf("ax1"), sound)).toMatchObject({ reason: "axiom-proved" });
  });

  it("names what it used and what it took", () => {
    const result = stored.check(payload, sound);
    const expected = ["wi", "ax1", "mp"].map((label) => toHex(key(label))).sort();
    expect(result).toMatchObject({
      status: "accept",
      value: { cost: { bytes: expect.any(Number) } },
    });
    if (result.status !== "accept") return;
    expect(result.value.dependencies.map(toHex)).toEqual(expected);
    expect(result.value.cost.steps).toBeGreaterThan(9);
  });

  it("does not count what it lists and never uses", () => {
    const proof = encodeProof({
      dummies: [],
      citations: [...CITES, { key: key("gen"), positions: undefined }],
      ...steps(...ARGUMENTS, MP),
    });
    const result = stored.check(payload, proof);
    if (result.status !== "accept") throw new Error(result.reason);
    expect(result.value.dependencies.map(toHex)).not.toContain(toHex(key("gen")));
  });

  it("is written, and its key computed, as the vectors say", () => {
    const written = ["wi", "ax1", "mp", "gen", "a1i", "a1ic", "twice", "dummy"].map((label) => ({
      label,
      key: toHex(key(label)),
      payload: toHex(stored.payloadOf(label)),
      ...(stored.database.isTheorem(stored.database.find(label)!) && {
        proof: toHex(stored.proofOf(label)),
      }),
    }));
    const file = new URL("vectors.json", import.meta.url);
    const { database, assertions } = JSON.parse(readFileSync(file, "utf8")) as {
      readonly database: string;
      readonly assertions: readonly object[];
    };
    expect(database).toBe(LOGIC + PROOFS + DUMMIES);
    expect(written).toEqual(assertions);
  });
});

describe("a false stored proof is refused where it goes wrong", () => {
  const proofOf = (change: Partial<ProofObject>): Uint8Array =>
    encodeProof({ dummies: [], citations: CITES, ...steps(...ARGUMENTS, MP), ...change });
  const stepsAt = proofOf(steps()).length;
  const headSize = 2;

  it("the one that the others differ from is accepted", () => {
    expect(stored.check(payload, proofOf({}))).toMatchObject({ status: "accept" });
  });

  const cases: readonly (readonly [string, Uint8Array, string, number])[] = [
    [
      "a step that does not fit",
      proofOf(steps(P, Q, Q, WI, H, P, Q, AX1, MP)),
      "hypothesis-differs",
      stepsAt + 8,
    ],
    ["too few arguments", proofOf(steps(H, MP)), "stack-underflow", stepsAt + 1],
    ["nothing", proofOf(steps()), "stack-empty", stepsAt],
    ["something left", proofOf(steps(H, H)), "stack-left", stepsAt + 2],
    ["another conclusion", proofOf(steps(H)), "conclusion-differs", stepsAt + 1],
    ["the wrong type", proofOf(steps(H, P, WI)), "typecode-differs", stepsAt + 2],
    ["a save before all", proofOf(steps(SAVE, H)), "save-without-step", stepsAt],
    ["a save after a save", proofOf(steps(H, SAVE, SAVE)), "save-without-step", stepsAt + 2],
    ["a step that nobody saved", proofOf(steps(H, SAVE, 8)), "saved-undefined", stepsAt + 2],
    [
      "a citation of nothing known",
      proofOf({ citations: [{ key: sha256(utf8("x")), positions: undefined }] }),
      "citation-unknown",
      headSize,
    ],
    [
      "itself as a premise",
      proofOf({ citations: [{ key: key("a1i"), positions: undefined }], ...steps(Q, P, H, 4) }),
      "cites-itself",
      headSize,
    ],
    [
      "arguments in an order that is none",
      proofOf({ citations: [{ key: key("wi"), positions: [1, 1] }] }),
      "order",
      headSize + 34,
    ],
    [
      "an order for too many",
      proofOf({ citations: [{ key: key("wi"), positions: [0, 1, 2] }] }),
      "order",
      headSize,
    ],
    [
      "the other order of arguments",
      proofOf({ citations: [{ ...CITES[0]!, positions: [1, 0] }, ...CITES.slice(1)] }),
      "hypothesis-differs",
      stepsAt + 10,
    ],
    ["a dummy without a type", proofOf({ dummies: [new Uint8Array(0)] }), "dummy-typecode", 1],
    ["more steps than there are", proofOf({ stepCount: 40 }), "count", stepsAt - 1],
    ["fewer steps than there are", proofOf({ stepCount: 5 }), "bytes-left", stepsAt + 5],
  ];

  it.each(cases)("%s", (_what, proof, reason, offset) => {
    expect(stored.check(payload, proof)).toMatchObject({ status: "reject", reason, offset });
  });

  it("wherever it is cut short", () => {
    for (let size = 0; size < sound.length; size++) {
      const result = stored.check(payload, sound.slice(0, size));
      expect(result.status, String(size)).toBe("reject");
    }
  });

  it("when any byte of it is another, unless it still proves the same", () => {
    for (let at = 0; at < sound.length; at++) {
      for (const flip of [1, 2, 0x80]) {
        const other = sound.slice();
        other[at]! ^= flip;
        const result = stored.check(payload, other);
        expect(["reject", "resource"], `${at} ^ ${flip}`).toContain(result.status);
      }
    }
  });

  it("when a dummy stands for two things that must be distinct", () => {
    const gen = { key: key("gen"), positions: undefined };
    const drop = { key: key("drop"), positions: undefined };
    const proof = encodeProof({
      dummies: [utf8("wff")],
      citations: [gen, drop],
      // The same dummy for both variables of gen, which must be distinct.
      ...steps(2, 2, 3),
    });
    expect(stored.check(stored.payloadOf("dummy"), proof)).toMatchObject({
      reason: "distinct-shared",
    });
  });
});

describe("a payload", () => {
  it("is judged: canonical, or where it is not", () => {
    for (const label of ["wi", "ax1", "mp", "a1i", "gen", "drop"]) {
      expect(judgePayload(stored.payloadOf(label), PROOF_BUDGET).status, label).toBe("accept");
    }
    for (let size = 0; size < payload.length; size++) {
      expect(judgePayload(payload.slice(0, size), PROOF_BUDGET).status).toBe("reject");
    }
    const { database } = stored;
    const statement = database.statementOf(database.find("a1i")!);
    const renaming = { forward: Int32Array.of(2, 1) };
    const swapped = metamath1.rename({ statement, tokens: database.parts.tokens }, renaming);
    expect(swapped.length).toBe(payload.length);
    expect(judgePayload(swapped, PROOF_BUDGET)).toMatchObject({ reason: "not-canonical" });
  });
});

describe("what a proof rests on", () => {
  const below = { payloadOf: stored.cited, axiomsOf: () => undefined };

  it("is the axioms that it cites, and those below the theorems", () => {
    const axioms = [key("ax1"), key("wi")].sort(compareBytes);
    expect(closureOfProof([key("wi"), key("ax1")], below)).toEqual(axioms);
    const over = { ...below, axiomsOf: () => axioms };
    expect(closureOfProof([key("a1i"), key("wi")], over)).toEqual(axioms);
  });

  it("is not known while one of them has no accepted proof, or is not known at all", () => {
    expect(closureOfProof([key("wi"), key("a1i")], below)).toBeUndefined();
    expect(closureOfProof([sha256(utf8("x"))], below)).toBeUndefined();
  });

  it("finds nothing under a key that is not its hash", () => {
    const known = new KnownObligations(sha256, METAMATH_1);
    const own = known.add(payload);
    expect(toHex(own)).toBe(toHex(key("a1i")));
    expect(known.payloadOf(key("ax1"))).toBeUndefined();
  });
});

describe("a database that was read before", () => {
  it("is read without a look at the proofs that are known, and with one at the others", () => {
    const text = `${LOGIC}${PROOFS} false $p |- ( q -> q ) $= $( $. $) wp $( of no use $) $.`;
    const known = new Set(["a1i", "twice"].map((label) => toHex(stored.payloadOf(label))));
    const seen: string[] = [];
    const refused: string[] = [];
    const { result } = readDatabase(utf8(text), DATABASE_BUDGET, {
      onRefused: ({ label }) => refused.push(label),
      isKnown: (one) => {
        seen.push(toHex(one));
        return known.has(toHex(one));
      },
    });
    if (result.status !== "accept") throw new Error(result.reason);
    expect(seen.length).toBe(4);
    expect(refused).toEqual(["false"]);
    const database = result.value;
    expect(database.axiomsOf(database.find("a1i")!)).toBeUndefined();
    known.add(seen[3]!);
    const again = readDatabase(utf8(text), DATABASE_BUDGET, {
      onRefused: ({ label }) => refused.push(label),
      isKnown: (one) => known.has(toHex(one)),
    });
    expect(again.result.status).toBe("accept");
    expect(refused).toEqual(["false"]);
  });
});
