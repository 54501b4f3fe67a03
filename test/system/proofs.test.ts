import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { clusterSource } from "../../client/proofs/cluster-source.ts";
import { ProofLookup } from "../../client/proofs/proof-lookup.ts";
import type { ProofSource } from "../../client/proofs/proof-source.ts";
import { meaningOf, publishProof, publishProofs } from "../../client/proofs/publish-proofs.ts";
import type { NewProof } from "../../client/proofs/publish-proofs.ts";
import { GRADE_CHECKED } from "../../consensus/wire/rows.ts";
import type { BlobStore } from "../../node/host/blob-store.ts";
import { TestCluster } from "../../node/testing/test-cluster.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import { decodePermittedSet } from "../../proof/admission/permitted-set.ts";
import { encodeProofSet } from "../../proof/admission/proof-set.ts";
import { pigeonhole } from "../../proof/cnf/testing/sample-formulas.ts";
import { solved } from "../../proof/cnf/testing/proofs.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { Theory } from "../../proof/frame/theory.ts";
import { closureKeys } from "../../proof/metamath/database-theory.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "../../proof/metamath/testing/small-database.ts";
import { Stored } from "../../proof/metamath/testing/stored.ts";

/** Proofs in four real replicas, one of which hands out other bytes than it holds. */

const NAMESPACE = "proofs";
const folder = mkdtempSync(join(tmpdir(), "quorate-proofs-"));
let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await TestCluster.create(folder);
  const { blobs, answer } = lyingValues();
  const disguise = { transport: <T>(transport: T): T => transport, answer, blobs };
  for (const index of [0, 1, 2, 3]) await cluster.start(index, index === 3 ? { disguise } : {});
  const [signer] = cluster.writers;
  const genesis = readFileSync(join(cluster.nodeFolder(0), "cluster.json"), "utf8");
  client = await connect({ genesis, signer, deadlineMs: 60_000 });
}, 240_000);

// Four replicas and their checkers share what cores there are.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

afterAll(async () => {
  await client?.close();
  await cluster?.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

/** Every byte of a value flipped: a wrong proof under the right key. */
function lyingValues(): {
  readonly blobs: (blobs: BlobStore) => BlobStore;
  readonly answer: (kind: unknown, body: Uint8Array) => Uint8Array;
} {
  const blobs = (inner: BlobStore): BlobStore => ({
    sizeOf: (digest) => inner.sizeOf(digest),
    read: (digest) => inner.read(digest),
    receive: (...words) => inner.receive(...words),
    receiveSmall: (...words) => inner.receiveSmall(...words),
    async *stream(...words) {
      for await (const piece of inner.stream(...words)) yield piece.map((byte) => byte ^ 1);
    },
  });
  return { blobs, answer: (_kind, body) => body };
}

const find = (lookup: ProofLookup, proof: NewProof, theory?: Theory, depth?: "deep") =>
  lookup.find(proof.obligation, { theory, depth });
const network = (): ProofLookup => new ProofLookup([clusterSource(client, NAMESPACE)]);

function formulaProof(holes: number, change: (proof: Uint8Array) => Uint8Array = (one) => one) {
  const { canonical, proof } = solved(pigeonhole(holes));
  const obligation = { kind: "cnf/1", payload: canonical.payload };
  return { obligation, proof: change(proof), axioms: [] } satisfies NewProof;
}

describe("a proof about a formula", () => {
  it("is admitted, found again, checked here and graded", async () => {
    const proof = formulaProof(4);
    const published = await publishProof(client, proof, { namespace: NAMESPACE });
    expect(published.outcome).toBe("published");
    const stat = await client.stat(NAMESPACE, published.key);
    expect(stat).toMatchObject({ entry: { grade: GRADE_CHECKED, confidencePercent: 99 } });
    const answer = await find(network(), proof);
    expect(answer).toMatchObject({
      ...{ status: "found", verdict: "unsat", source: "network" },
      trust: { grade: "checked-here", dependencies: "none", confidence: 1 },
    });
    const again = await publishProof(client, proof, { namespace: NAMESPACE });
    expect(again.outcome).toBe("held");
  });

  it("that is a model is as good as a refutation", async () => {
    const { canonical, proof, verdict } = solved([
      [1, 2],
      [-1, 2],
      [-2, 3],
    ]);
    expect(verdict).toBe("sat");
    const model = { obligation: { kind: "cnf/1", payload: canonical.payload }, proof, axioms: [] };
    await publishProof(client, model, { namespace: NAMESPACE });
    expect(await find(network(), model)).toMatchObject({ status: "found", verdict: "sat" });
  });

  it("is refused when it is false, and again without a check", async () => {
    const wrong = formulaProof(5, (proof) => proof.slice(0, proof.length - 3));
    const publish = publishProof(client, wrong, { namespace: NAMESPACE });
    await expect(publish).rejects.toMatchObject({ code: "PROOF_REJECTED" });
    const again = publishProof(client, wrong, { namespace: NAMESPACE });
    await expect(again).rejects.toMatchObject({ code: "PROOF_REJECTED" });
    expect(await find(network(), wrong)).toMatchObject({ status: "none" });
    const right = await publishProof(client, formulaProof(5), { namespace: NAMESPACE });
    expect(right.outcome).toBe("published");
  });

  it("under another obligation's key is refused", async () => {
    const { obligation, proof } = formulaProof(3);
    const value = setOf(obligation, proof);
    const other = keyOfObligation(sha256, formulaProof(4).obligation).slice() as Hash;
    other[0]! ^= 1;
    const put = client.put(NAMESPACE, other, value, semanticsOf(value));
    await expect(put).rejects.toMatchObject({ code: "PROOF_KEY_WRONG" });
  });

  it("for a checker that replicas do not run is declined", async () => {
    const { obligation, proof } = formulaProof(3);
    const value = setOf(obligation, proof, "cnf/1 checker 99");
    const key = keyOfObligation(sha256, obligation);
    const put = client.put(NAMESPACE, key, value, semanticsOf(value));
    await expect(put).rejects.toMatchObject({ code: "PROOF_DECLINED" });
  });
});

const semanticsOf = (value: Uint8Array) => ({
  kind: "cnf/1",
  semanticDigest: meaningOf("cnf/1", value),
});

function setOf(
  { kind, payload }: NewProof["obligation"],
  proof: Uint8Array,
  checker: string = admissionChecker(kind)!,
): Uint8Array {
  return encodeProofSet({ kind, payload, proofs: [{ checker, axioms: [], proof }] });
}

/** All that a database says, in its order: what is cited comes first. */
function proofsOf(source: string): Map<string, NewProof> {
  const stored = new Stored(readSound(source));
  const { database } = stored;
  return new Map(
    [...database.assertions()].map((assertion): [string, NewProof] => {
      const label = database.labelOf(assertion);
      const obligation = { kind: "metamath/1", payload: stored.payloadOf(label) };
      if (database.isAxiom(assertion)) {
        return [label, { obligation, proof: undefined, axioms: [] }];
      }
      const axioms = closureKeys(database, assertion, (one) => stored.keyOf(one)) ?? [];
      return [label, { obligation, proof: stored.proofOf(label), axioms }];
    }),
  );
}

describe("a theorem", () => {
  const all = proofsOf(`${LOGIC}${PROOFS}
    \${ i $e |- p $. chain $p |- ( q -> ( r -> p ) ) $= wr wp wi wq wp wr i a1i a1i $. $}`);
  const chain = all.get("chain")!;

  beforeAll(async () => {
    const distinct = new Map([...all.values()].map((one) => [toHex(one.obligation.payload), one]));
    const published = await publishProofs(client, [...distinct.values()], { namespace: NAMESPACE });
    expect(published.every(({ outcome }) => outcome === "published")).toBe(true);
  });

  it("is as good as the weakest thing below it", async () => {
    const lookup = network();
    expect(await find(lookup, chain)).toMatchObject({
      trust: { dependencies: "checked-quorum", confidence: 0.99 },
    });
    expect(await find(network(), chain, undefined, "deep")).toMatchObject({
      trust: { dependencies: "checked-here", confidence: 1 },
    });
  });

  it("is answered only to those who permit what it rests on", async () => {
    const theory = new Theory(chain.axioms);
    expect(await find(network(), chain, theory)).toMatchObject({ status: "found" });
    for (const axiom of chain.axioms) {
      const poorer = new Theory(chain.axioms.filter((one) => one !== axiom));
      const answer = await find(network(), chain, poorer);
      expect(answer).toMatchObject({ status: "none", reason: /from the permitted axioms/ });
    }
  });

  it("is left out by no replica, and by the lying one neither falsely added", async () => {
    const theory = new Theory(chain.axioms);
    const poorer = new Theory(chain.axioms.slice(1));
    const key = keyOfObligation(sha256, chain.obligation);
    const stat = await client.stat(NAMESPACE, key);
    if (stat.status === "miss") throw new Error("a miss");
    for (let round = 0; round < 8; round++) {
      const proofsUnder = async (asked: Theory): Promise<number> => {
        const set = decodePermittedSet(await client.permitted(stat.entry, asked));
        return set.status === "accept" ? set.value.proofs.length : -1;
      };
      expect([await proofsUnder(theory), await proofsUnder(poorer)]).toEqual([1, 0]);
    }
  });

  it("has proofs from different axioms side by side, and loses none of them", async () => {
    // The same words, from an axiom that says just them.
    const direct = proofsOf(`${LOGIC}\${ i $e |- p $. other $a |- ( q -> ( r -> p ) ) $. $}
      \${ j $e |- p $. chain2 $p |- ( q -> ( r -> p ) ) $= wp wq wr j other $. $}`);
    const second = direct.get("chain2")!;
    expect(toHex(second.obligation.payload)).toBe(toHex(chain.obligation.payload));
    await publishProof(client, direct.get("other")!, { namespace: NAMESPACE });
    const published = await publishProof(client, second, { namespace: NAMESPACE });
    for (const one of [chain, second]) {
      const answer = await find(network(), one, new Theory(one.axioms));
      expect(answer).toMatchObject({ status: "found", axioms: one.axioms });
    }
    const alone = encodeProofSet({
      ...second.obligation,
      proofs: [{ ...second, checker: admissionChecker("metamath/1")!, proof: second.proof! }],
    });
    const stat = await client.stat(NAMESPACE, published.key);
    const succeeds = stat.status === "hit" ? stat.entry.version : 0;
    const meaning = { kind: "metamath/1", semanticDigest: meaningOf("metamath/1", alone) };
    const put = client.put(NAMESPACE, published.key, alone, { ...meaning, succeeds });
    await expect(put).rejects.toMatchObject({ code: "PROOF_LOST" });
  });

  it("that does not name all its axioms is refused", async () => {
    const few = { ...all.get("twice")!, axioms: all.get("twice")!.axioms.slice(1) };
    const there = await client.stat(NAMESPACE, keyOfObligation(sha256, few.obligation));
    const succeeds = there.status === "hit" ? there.entry.version : 0;
    const proofs = [{ ...few, checker: admissionChecker("metamath/1")!, proof: few.proof! }];
    const value = encodeProofSet({ ...few.obligation, proofs });
    const meaning = { kind: "metamath/1", semanticDigest: meaningOf("metamath/1", value) };
    const put = client.put(NAMESPACE, there.key, value, { ...meaning, succeeds });
    await expect(put).rejects.toMatchObject({ code: "PROOF_REJECTED" });
  });
});

describe("a wrong proof under a right key", () => {
  const theorem = proofsOf(`${LOGIC}${PROOFS}`).get("a1i")!;
  const cases: readonly [string, NewProof][] = [
    ["cnf/1", formulaProof(4)],
    ["metamath/1", theorem],
  ];

  it.each(cases)(
    "of %s that a lying replica hands out is left for the next one",
    async (kind, proof) => {
      const key = keyOfObligation(sha256, proof.obligation);
      for (let round = 0; round < 8; round++) {
        const { bytes } = (await clusterSource(client, NAMESPACE).find(kind, key))!;
        const { digest } = await client.get(NAMESPACE, key).then((read) => {
          if (read.status === "miss") throw new Error("a miss");
          return read.value;
        });
        const value = await client.value(digest, bytes.length).read();
        expect(toHex(sha256(value))).toBe(toHex(digest));
        expect(await find(network(), proof)).toMatchObject({ status: "found" });
      }
    },
  );

  it.each(cases)(
    "of %s planted in a local store is refused, and the next source asked",
    async (_kind, proof) => {
      const stored = (bytes: Uint8Array): ProofSource => ({
        name: "local",
        find: async (kind, key) => {
          const found = (await clusterSource(client, NAMESPACE).find(kind, key))!;
          return toHex(key) === toHex(keyOfObligation(sha256, proof.obligation))
            ? { bytes, certified: undefined }
            : found;
        },
      });
      const { kind, payload } = proof.obligation;
      const wrong = proof.proof!.map((byte, at) =>
        at === proof.proof!.length - 2 ? byte ^ 1 : byte,
      );
      const set = { checker: admissionChecker(kind)!, axioms: proof.axioms, proof: wrong };
      const planted = stored(encodeProofSet({ kind, payload, proofs: [set] }));
      const lookup = new ProofLookup([planted, clusterSource(client, NAMESPACE)]);
      expect(await find(lookup, proof)).toMatchObject({ status: "found", source: "network" });
      expect([...lookup.refused.keys()]).toEqual([expect.stringMatching(/^local re/)]);
      const bare = new ProofLookup([planted]);
      expect(await find(bare, proof)).toMatchObject({ status: "none", reason: /^local: refused/ });
    },
  );
});
