import { createHash } from "node:crypto";
import { QuorateError } from "../../base/quorate-error.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { WRITE_SET_COUNT_MAX } from "../../consensus/limits.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import { decodeProofSet, encodeProofSet } from "../../proof/admission/proof-set.ts";
import { SET_PROOF_COUNT_MAX } from "../../proof/admission/proof-set.ts";
import type { ProofSet, SetProof } from "../../proof/admission/proof-set.ts";
import type { StartHash } from "../../proof/digest/artifact-kind.ts";
import { kindOf, semanticDigest } from "../../proof/digest/registry.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { Theory } from "../../proof/frame/theory.ts";
import type { CallOptions, Client, PutItem } from "../types.ts";
import { PROOFS_NAMESPACE } from "./cluster-source.ts";
import { LOOKUPS_AT_ONCE } from "./limits.ts";

/** A proof that its owner has checked; every replica will, again. */
export interface NewProof {
  readonly obligation: Obligation;
  /** In the kind's stored form; undefined: an axiom, which is its own statement. */
  readonly proof: Uint8Array | undefined;
  /** All that it rests on; ascending. Empty for an axiom, and for kinds without axioms. */
  readonly axioms: readonly Hash[];
}

export interface Published {
  readonly key: Hash;
  /** held: a proof that rests on nothing more was there already. */
  readonly outcome: "published" | "held";
}

export interface PublishOptions extends CallOptions {
  readonly namespace?: string;
}

type Writing = Pick<Client, "get" | "put" | "putMany">;

/** Somebody's set came between reading and writing; each time one of the two has won. */
const ATTEMPT_COUNT_MAX = 8;

/**
 * One proof. Resolves once it is certified: Q replicas have run their checkers on it.
 * @throws QuorateError PROOF_REJECTED, PROOF_DECLINED, PROOF_EXHAUSTED, PROOF_KEY_WRONG,
 *   PROOF_DEPENDENCY_MISSING, and what `put` throws
 */
export async function publishProof(
  client: Writing,
  proof: NewProof,
  options: PublishOptions = {},
): Promise<Published> {
  for (let attempt = 1; ; attempt++) {
    const { key, item } = await planned(client, proof, options);
    if (item === undefined) return { key, outcome: "held" };
    try {
      const { namespace, value, ...more } = item;
      await client.put(namespace, key, value, { ...more, ...callOf(options) });
      return { key, outcome: "published" };
    } catch (error) {
      if (!isOvertaken(error) || attempt === ATTEMPT_COUNT_MAX) throw error;
    }
  }
}

/**
 * Many, in as few write sets as they fit into. Each may cite those before it: replicas wait with a
 * proof until what it cites in its own set is accepted. Those that were overtaken go alone.
 * @throws QuorateError as {@link publishProof}: nothing of the refused set is written
 */
export async function publishProofs(
  client: Writing,
  proofs: readonly NewProof[],
  options: PublishOptions = {},
): Promise<readonly Published[]> {
  const published: Published[] = [];
  for (let from = 0; from < proofs.length; from += WRITE_SET_COUNT_MAX) {
    const some = proofs.slice(from, from + WRITE_SET_COUNT_MAX);
    published.push(...(await publishSet(client, some, options)));
  }
  return published;
}

async function publishSet(
  client: Writing,
  proofs: readonly NewProof[],
  options: PublishOptions,
): Promise<readonly Published[]> {
  const plans: Planned[] = [];
  for (let from = 0; from < proofs.length; from += LOOKUPS_AT_ONCE) {
    const some = proofs.slice(from, from + LOOKUPS_AT_ONCE);
    plans.push(...(await Promise.all(some.map((one) => planned(client, one, options)))));
  }
  const items = plans.flatMap(({ item }) => item ?? []);
  const results = items.length === 0 ? [] : await client.putMany(items, callOf(options));
  const published: Published[] = [];
  let at = 0;
  for (const [index, { key, item }] of plans.entries()) {
    const result = item === undefined ? undefined : results[at++];
    if (result?.status !== "rejected") {
      published.push({ key, outcome: item === undefined ? "held" : "published" });
    } else if (isOvertaken(result.reason)) {
      published.push(await publishProof(client, proofs[index]!, options));
    } else throw result.reason as Error;
  }
  return published;
}

function isOvertaken(error: unknown): boolean {
  return error instanceof QuorateError && error.code === "STALE_VERSION";
}

function callOf({ signal, deadlineMs }: PublishOptions): CallOptions {
  return { signal, deadlineMs };
}

interface Planned {
  readonly key: Hash;
  /** Undefined: as good a proof is there. */
  readonly item: PutItem | undefined;
}

async function planned(
  client: Writing,
  proof: NewProof,
  options: PublishOptions,
): Promise<Planned> {
  const { kind, payload } = proof.obligation;
  const { namespace = PROOFS_NAMESPACE } = options;
  const key = keyOfObligation(nodeCrypto.hash, proof.obligation);
  const read = await client.get(namespace, key, callOf(options));
  const row = read.status === "hit" ? read.entry : read.row;
  const standing = row?.kind === kind ? row : undefined;
  let before: readonly SetProof[] = [];
  if (read.status === "hit" && standing !== undefined) {
    const set = decodeProofSet(await read.value.read(callOf(options)));
    if (set.status === "accept") before = set.value.proofs;
    if (proof.proof === undefined || isHeld(proof, before)) return { key, item: undefined };
  }
  const set: ProofSet = { kind, payload, proofs: withProof(before, proof) };
  const value = encodeProofSet(set);
  const semantics = { kind, semanticDigest: meaningOf(kind, value) };
  const item = { namespace, key, value, succeeds: standing?.version ?? 0, ...semantics };
  return { key, item };
}

function isHeld({ axioms }: NewProof, before: readonly SetProof[]): boolean {
  const theory = new Theory(axioms);
  return before.some((one) => theory.admits(one.axioms));
}

/** Without those that rest on more; of the others as many as there is room for. */
function withProof(
  before: readonly SetProof[],
  { obligation, proof, axioms }: NewProof,
): SetProof[] {
  if (proof === undefined) return [];
  const kept = before.filter((one) => !new Theory(one.axioms).admits(axioms));
  if (kept.length >= SET_PROOF_COUNT_MAX) {
    throw new QuorateError(
      "PROOF_SET_FULL",
      `the obligation has ${SET_PROOF_COUNT_MAX} proofs from different axioms`,
      "use one of those that are there",
    );
  }
  return [...kept, { checker: admissionChecker(obligation.kind) ?? "", axioms, proof }];
}

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

/** @throws QuorateError PROOF_KIND_UNKNOWN */
export function meaningOf(kind: string, value: Uint8Array): Hash {
  const known = kindOf(kind);
  const result = known?.mutability === "proved" && semanticDigest(startHash, known, value);
  if (typeof result === "object" && result.status === "digest") return result.digest;
  throw new QuorateError(
    "PROOF_KIND_UNKNOWN",
    `${kind} is no kind of proofs`,
    "use metamath/1 or cnf/1",
  );
}
