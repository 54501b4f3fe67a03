import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { StartHash } from "../digest/artifact-kind.ts";
import { kindOf, semanticDigest } from "../digest/registry.ts";
import { keyOfObligation } from "../frame/obligation.ts";
import { Theory } from "../frame/theory.ts";
import { sha256 } from "../metamath/testing/small-database.ts";
import {
  decodePermittedSet,
  isPermittedAnswer,
  permittedBits,
  permittedLead,
} from "./permitted-set.ts";
import { PROOF_SET_LEAD_SIZE, encodeProofSet } from "./proof-set.ts";
import type { ProofSet } from "./proof-set.ts";

const AXIOMS = ["a", "b", "c", "d"].map((name) => sha256(utf8(name)));
const axiomsOf = (names: string): Hash[] =>
  Array.from(names, (name) => sha256(utf8(name))).sort((left, right) =>
    toHex(left) < toHex(right) ? -1 : 1,
  );
const proofFrom = (names: string) => ({
  ...{ checker: "a checker", axioms: axiomsOf(names), proof: utf8(`from ${names}`) },
});

const kind = "metamath/1";
const PAYLOAD = Uint8Array.of(1, 2, 3);
const SET: ProofSet = { kind, payload: PAYLOAD, proofs: ["ab", "cd", "b"].map(proofFrom) };
const KEY = keyOfObligation(sha256, SET);

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

/** What an honest server sends of a set, or one that sends these bits. */
function answer(set: ProofSet, theory: Theory, bits?: number): Uint8Array {
  const whole = encodeProofSet(set);
  const rest = set.proofs.reduce((sum, { proof }) => sum + proof.length, set.payload.length);
  const head = whole.subarray(PROOF_SET_LEAD_SIZE, whole.length - rest);
  const sent = bits ?? permittedBits(set.proofs, keyOfObligation(sha256, set), theory);
  const proofs = set.proofs.filter((_proof, index) => (sent >>> index) & 1);
  return concatBytes(
    ...[permittedLead(sent, head.length), head, set.payload],
    ...proofs.map(({ proof }) => proof),
  );
}

function entryOf(set: ProofSet) {
  const meaning = semanticDigest(startHash, kindOf(set.kind)!, encodeProofSet(set));
  if (meaning.status !== "digest") throw new Error(meaning.reason);
  return { kind, key: keyOfObligation(sha256, set), semanticDigest: meaning.digest };
}

const isBelieved = (bytes: Uint8Array, theory: Theory, entry = entryOf(SET)): boolean =>
  isPermittedAnswer({ hash: sha256, startHash }, bytes, entry, theory);

describe("what a theory permits of a set", () => {
  it.each([
    ["abcd", ["from ab", "from cd", "from b"]],
    ["ab", ["from ab", "from b"]],
    ["bc", ["from b"]],
    ["cd", ["from cd"]],
    ["a", []],
    ["", []],
  ])("of axioms %j is %j, with all heads", (names, expected) => {
    const theory = new Theory(axiomsOf(names));
    const bytes = answer(SET, theory);
    const decoded = decodePermittedSet(bytes);
    if (decoded.status !== "accept") throw new Error(decoded.reason);
    const { proofs, heads, payload } = decoded.value;
    expect(proofs.map(({ proof }) => Buffer.from(proof).toString())).toEqual(expected);
    expect(heads.map(({ axioms }) => axioms)).toEqual(SET.proofs.map(({ axioms }) => axioms));
    expect(payload).toEqual(PAYLOAD);
    expect(isBelieved(bytes, theory)).toBe(true);
  });

  it("of an axiom is the leave to cite it", () => {
    const axiom: ProofSet = { kind, payload: Uint8Array.of(7), proofs: [] };
    const entry = entryOf(axiom);
    for (const theory of [new Theory([entry.key]), new Theory(AXIOMS)]) {
      const bytes = answer(axiom, theory);
      expect(isBelieved(bytes, theory, entry)).toBe(true);
      const decoded = decodePermittedSet(bytes);
      const bits = theory.permits(entry.key) ? 1 : 0;
      expect(decoded).toMatchObject({ value: { bits, heads: [], proofs: [] } });
      expect(isBelieved(answer(axiom, theory, 1 - bits), theory, entry)).toBe(false);
    }
  });
});

describe("an answer is not believed", () => {
  const theory = new Theory(axiomsOf("ab"));
  const honest = answer(SET, theory);
  const changed = (names: readonly string[]): ProofSet => ({
    ...SET,
    proofs: names.map(proofFrom),
  });

  it.each([
    ["a proof too many", answer(SET, theory, 0b111)],
    ["a proof too few", answer(SET, theory, 0b001)],
    ["no proof at all", answer(SET, theory, 0)],
    ["another proof", answer(SET, theory, 0b110)],
    ["a head that says less", answer(changed(["ab", "c", "b"]), theory)],
    ["a head that says more", answer(changed(["ab", "cd", "bd"]), theory)],
    ["a head left out", answer(changed(["ab", "b"]), theory)],
    ["a head more", answer(changed(["ab", "cd", "b", "a"]), theory)],
    ["another obligation", answer({ ...SET, payload: Uint8Array.of(1, 2, 4) }, theory)],
    ["another kind", answer({ ...SET, kind: "cnf/1" }, theory)],
    ["the whole set, unfiltered", encodeProofSet(SET)],
    ["a bit that stands for nothing", honest.with(4, honest[4]! | 8)],
    ["a byte more", concatBytes(honest, Uint8Array.of(0))],
  ])("with %s", (_what, bytes) => expect(isBelieved(bytes, theory)).toBe(false));

  it("cut anywhere", () => {
    for (let size = 0; size < honest.length; size++) {
      expect(decodePermittedSet(honest.subarray(0, size)).status).toBe("reject");
      expect(isBelieved(honest.subarray(0, size), theory)).toBe(false);
    }
  });

  it("with any byte of head, payload or bits changed", () => {
    const proofBytes = utf8("from abfrom b").length;
    fc.assert(
      fc.property(
        fc.nat(honest.length - proofBytes - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, by) => {
          expect(isBelieved(honest.with(at, honest[at]! ^ by), theory)).toBe(false);
        },
      ),
    );
  });

  it("whoever asks under another theory", () => {
    expect(isBelieved(honest, new Theory(axiomsOf("abcd")))).toBe(false);
    expect(isBelieved(honest, new Theory([]))).toBe(false);
    expect(toHex(KEY)).toBe(toHex(entryOf(SET).key));
  });
});
