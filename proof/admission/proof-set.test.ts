import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { createHash } from "node:crypto";
import { semanticDigest, kindOf } from "../digest/registry.ts";
import { keyOfObligation, keyPrefix } from "../frame/obligation.ts";
import { sha256 } from "../metamath/testing/small-database.ts";
import { ClosureTable } from "./closure-table.ts";
import type { Closure } from "./closure-table.ts";
import { beyondClosure, mayFollow } from "./closures.ts";
import type { Citable } from "./closures.ts";
import { SET_PROOF_COUNT_MAX, decodeProofSet, encodeProofSet } from "./proof-set.ts";
import type { ProofSet } from "./proof-set.ts";

const hashOf = (text: string): Hash => sha256(utf8(text));
const sorted = (...names: string[]): Hash[] =>
  names.map(hashOf).sort((left, right) => (toHex(left) < toHex(right) ? -1 : 1));

const startHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk: Uint8Array) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

const SET: ProofSet = {
  kind: "cnf/1",
  payload: Uint8Array.of(1, 2, 3, 4, 5),
  proofs: [
    { checker: "checker one", axioms: [], proof: Uint8Array.of(9, 9) },
    { checker: "checker two", axioms: sorted("a", "b"), proof: Uint8Array.of() },
  ],
};

const digestOf = (bytes: Uint8Array, kind = "cnf/1"): string => {
  const result = semanticDigest(startHash, kindOf(kind)!, bytes);
  return result.status === "digest" ? toHex(result.digest) : result.reason;
};

describe("a set of proofs", () => {
  it("comes back as it was written", () => {
    expect(decodeProofSet(encodeProofSet(SET))).toEqual({ status: "accept", value: SET });
  });

  it("is refused wherever it is cut, and with anything behind it", () => {
    const bytes = encodeProofSet(SET);
    for (let size = 0; size < bytes.length; size++) {
      expect(decodeProofSet(bytes.subarray(0, size)).status).toBe("reject");
      expect(digestOf(bytes.subarray(0, size))).toBe("cut-short");
    }
    const longer = Uint8Array.from([...bytes, 0]);
    expect(decodeProofSet(longer)).toMatchObject({ reason: "bytes-left" });
    expect(digestOf(longer)).toBe("bytes-left");
  });

  it.each([
    ["no such thing", utf8("prx\u0001aaaaaaaa"), "not-a-proof-set"],
    ["a head beyond its bound", Uint8Array.of(0x70, 0x72, 0x66, 1, 255, 0, 0, 0), "head-too-large"],
    [
      "axioms out of order",
      encodeProofSet(withAxioms(sorted("a", "b").reverse())),
      "axioms-not-ascending",
    ],
    [
      "an axiom twice",
      encodeProofSet(withAxioms([hashOf("a"), hashOf("a")])),
      "axioms-not-ascending",
    ],
    ["too many proofs", encodeProofSet(crowded()), "number-too-large"],
  ])("is refused for %s", (_what, bytes, reason) => {
    expect(decodeProofSet(bytes)).toMatchObject({ status: "reject", reason });
    expect(digestOf(bytes)).toBe(reason);
  });

  it("of another kind has no digest", () => {
    expect(digestOf(encodeProofSet(SET), "metamath/1")).toBe("another-kind");
  });
});

describe("its semantic digest", () => {
  const base = digestOf(encodeProofSet(SET));

  it("is the same however the bytes are cut", () => {
    const bytes = encodeProofSet(SET);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (one, other) => {
        const digester = kindOf("cnf/1")!.startDigest(startHash);
        const [first, second] = one < other ? [one, other] : [other, one];
        digester.update(bytes.subarray(0, first));
        digester.update(bytes.subarray(first, second));
        digester.update(bytes.subarray(second));
        const result = digester.finish();
        expect(result.status === "digest" && toHex(result.digest)).toBe(base);
      }),
    );
  });

  it("leaves out the bytes of proofs, and nothing else", () => {
    const other = (changes: Partial<ProofSet["proofs"][number]>): string =>
      digestOf(
        encodeProofSet({ ...SET, proofs: [{ ...SET.proofs[0]!, ...changes }, SET.proofs[1]!] }),
      );
    expect(other({ proof: Uint8Array.of(7, 7, 7) })).toBe(base);
    expect(other({ checker: "another" })).not.toBe(base);
    expect(other({ axioms: sorted("c") })).not.toBe(base);
    expect(digestOf(encodeProofSet({ ...SET, payload: Uint8Array.of(1) }))).not.toBe(base);
    expect(digestOf(encodeProofSet({ ...SET, proofs: [] }))).not.toBe(base);
  });
});

it("a key's prefix and the payload are what the key is the hash of", () => {
  const obligation = { kind: "cnf/1", payload: Uint8Array.of(1, 2, 3) };
  const prefix = keyPrefix(obligation.kind);
  const whole = Uint8Array.from([...prefix, ...obligation.payload]);
  expect(toHex(sha256(whole))).toBe(toHex(keyOfObligation(sha256, obligation)));
});

describe("what a proof may rest on", () => {
  // A table that is full at once, and one that never is, answer alike.
  describe.each([0, 1, 2, 100])("with numbers for %i axioms", (count) => {
    const table = new ClosureTable(count);
    const of = (...names: string[]): Closure => table.of(sorted(...names));
    const citable = (...closures: Closure[]) => ({
      ...{ key: hashOf("key"), payload: Uint8Array.of(0) },
      closures,
    });

    it("is what it names, through at least one proof of each thing cited", () => {
      const beyond = (declared: Closure, ...cited: Citable[]) =>
        beyondClosure(table, declared, cited);
      const declared = of("a", "b");
      expect(beyond(declared, citable(of("a")), citable(of("b")))).toBeUndefined();
      expect(beyond(declared, citable(of("c"), of("b")))).toBeUndefined();
      expect(beyond(declared, citable(of("a", "c")))).toBeDefined();
      expect(beyond(declared, citable())).toBeDefined();
      expect(beyond(of())).toBeUndefined();
      expect(beyond(of(), citable(of()))).toBeUndefined();
    });

    it("only shrinks when a set follows another", () => {
      const [ab, cd, a] = [of("a", "b"), of("c", "d"), of("a")];
      expect(mayFollow(table, [ab], [ab, cd])).toBe(true);
      expect(mayFollow(table, [ab], [a])).toBe(true);
      expect(mayFollow(table, [ab, cd], [a])).toBe(false);
      expect(mayFollow(table, [a], [ab])).toBe(false);
      expect(mayFollow(table, [ab], [])).toBe(false);
    });

    it("is the same as by keys, whatever was numbered before", () => {
      const names = fc.uniqueArray(fc.nat(HASHES.length - 1), { maxLength: 30 });
      const some = (numbers: readonly number[]): Closure =>
        table.of(numbers.map((number) => HASHES[number]!));
      fc.assert(
        fc.property(names, names, (one, other) => {
          const expected = one.every((name) => other.includes(name));
          expect(table.isWithin(some(one), some(other))).toBe(expected);
        }),
      );
    });
  });
});

const HASHES = Array.from({ length: 60 }, (_, number) => hashOf(String(number)));

function withAxioms(axioms: readonly Hash[]): ProofSet {
  return { ...SET, proofs: [{ checker: "x", axioms, proof: Uint8Array.of() }] };
}

function crowded(): ProofSet {
  const one = { checker: "x", axioms: [], proof: Uint8Array.of() };
  return { ...SET, proofs: Array.from({ length: SET_PROOF_COUNT_MAX + 1 }, () => one) };
}
