import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { theoryOf } from "../../proof/metamath/database-theory.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "../../proof/metamath/testing/small-database.ts";
import { Stored } from "../../proof/metamath/testing/stored.ts";
import { Theory } from "../../proof/frame/theory.ts";
import { decodeRecord, encodeRecord } from "./proof-record.ts";
import type { ProofRecord } from "./proof-record.ts";
import { Resolver } from "./resolver.ts";
import { builtInTier } from "./tiers/built-in-tier.ts";
import { lookupTier } from "./tiers/record-source.ts";
import type { RecordSource } from "./tiers/record-source.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";

const CHAIN = `third $p |- ( r -> ( ( p -> p ) -> ( q -> ( p -> p ) ) ) ) $=
  wp wp wi wq wp wp wi wi wi wr wp wq twice a1i $.
`;
const stored = new Stored(readSound(LOGIC + PROOFS + CHAIN));
const theory = theoryOf(sha256, stored.database);

function recordOf(label: string, proof = stored.proofOf(label)): ProofRecord {
  const payload = stored.payloadOf(label);
  const result = stored.check(payload, stored.proofOf(label));
  if (result.status !== "accept") throw new Error(result.reason);
  const cited = result.value.dependencies.map((key) => stored.cited(key)!);
  return { obligation: { kind: METAMATH_1, payload }, proof, cited };
}

function sourceOf(...records: readonly ProofRecord[]): RecordSource {
  return {
    async *records(key) {
      for (const record of records) {
        const own = keyOfObligation(sha256, record.obligation);
        if (toHex(own) === toHex(key)) yield await Promise.resolve({ record, from: "a source" });
      }
    },
  };
}

const THIRD = recordOf("third");
const ALL = ["a1i", "twice"].map((label) => recordOf(label));

const resolverOver = (...sources: readonly RecordSource[]): Resolver => {
  const names = ["network", "local"] as const;
  const tiers = sources.map((source, index) => lookupTier(names[index]!, source));
  return new Resolver({ tiers, sinks: [] });
};

describe("a statement of syntax", () => {
  it("is proved by tier 1, from the axioms that the asker permits", async () => {
    const text = `${LOGIC} s $p wff ( p -> ( q -> p ) ) $= wp wq wp wi wi $.`;
    const database = readSound(text);
    const axioms = [...database.assertions()].filter((one) => database.isAxiom(one));
    const syntaxAxioms = axioms.map((axiom) => database.payloadOf(axiom));
    const resolver = new Resolver({ tiers: [builtInTier({ syntaxAxioms })], sinks: [] });
    const payload = database.payloadOf(database.find("s")!);
    const asked = { kind: METAMATH_1, payload };
    const policy = { theory: theoryOf(sha256, database) };
    const answer = await resolver.resolve(asked, { policy });
    if (answer.status !== "proved") throw new Error(JSON.stringify(answer.steps));
    expect(answer.proof.axioms.map(toHex)).toEqual([
      toHex(database.keyOf(sha256, database.find("wi")!)),
    ]);
    const none = await resolver.resolve(asked, { policy: { theory: new Theory([]) } });
    expect(none).toMatchObject({ status: "unresolved" });
  });
});

describe("a theorem", () => {
  it("is proved with all that it rests on, and names its axioms", async () => {
    const resolver = resolverOver(sourceOf(THIRD, ...ALL));
    const resolution = await resolver.resolve(THIRD.obligation, { policy: { theory } });
    if (resolution.status !== "proved") throw new Error(JSON.stringify(resolution.steps));
    expect(resolution.proof.axioms.map(toHex)).toEqual(theory.axioms.map(toHex));
  });

  it("is not proved while something that it cites is not", async () => {
    const resolver = resolverOver(sourceOf(THIRD, ALL[0]!));
    expect(await resolver.resolve(THIRD.obligation, { policy: { theory } })).toMatchObject({
      status: "unresolved",
      steps: [{ refused: [{ refused: { reason: "dependency-unproved" } }] }],
    });
  });

  it("is not proved from axioms that the asker does not permit", async () => {
    const less = new Theory(theory.axioms.slice(1));
    const resolver = resolverOver(sourceOf(THIRD, ...ALL));
    const answer = await resolver.resolve(THIRD.obligation, { policy: { theory: less } });
    expect(answer.status).toBe("unresolved");
    const again = await resolver.resolve(THIRD.obligation, { policy: { theory } });
    expect(again.status).toBe("proved");
  });

  it("with a wrong proof under its key is refused, and the next tier answers", async () => {
    const proof = recordOf("twice").proof;
    const resolver = resolverOver(sourceOf({ ...THIRD, proof }), sourceOf(THIRD, ...ALL));
    const resolution = await resolver.resolve(THIRD.obligation, { policy: { theory } });
    expect(resolution).toMatchObject({ status: "proved", tier: "local" });
    expect(resolution.steps[0]).toMatchObject({ tier: "network", status: "failed" });
    expect(resolver.counts.tier("network").refused).toBe(1);
  });

  it("survives the form in which it travels", () => {
    expect(decodeRecord(encodeRecord(THIRD))).toEqual(THIRD);
    const bytes = encodeRecord(THIRD);
    for (let size = 0; size < bytes.length; size++) {
      expect(decodeRecord(bytes.subarray(0, size))).toBeUndefined();
    }
  });
});
