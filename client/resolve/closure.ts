import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { compareBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { KnownObligations } from "../../proof/frame/known-obligations.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { isAxiomPayload } from "../../proof/metamath/payload.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CheckedProof, Judgement } from "./kernel/checked-proof.ts";
import { refuse } from "./kernel/kernel.ts";
import { DEPENDENCY_DEPTH_MAX, PROVED_COUNT_MAX } from "./limits.ts";

/** The axioms below what another cites, if there is a proof of it; `above` are the keys that wait. */
export type ProveDependency = (
  obligation: Obligation,
  above: ReadonlySet<string>,
  signal: AbortSignal,
) => Promise<readonly Hash[] | undefined>;

/** Axioms below each obligation that was proved here, down to the last of them. */
export type ProvedKeys = Map<string, readonly Hash[]>;

/**
 * Whether all that a proof rests on holds: each statement that it cites has a proof of its own,
 * checked here, or is an axiom that the asker permits. Keys name statements, not proofs, so two
 * proofs may well cite each other's statement: what is being proved proves nothing.
 */
export class Closure {
  readonly #theory: Theory | undefined;
  readonly #prove: ProveDependency;
  readonly #proved: ProvedKeys;

  /** `proved` is shared by all questions under one theory. */
  constructor(theory: Theory | undefined, proved: ProvedKeys, prove: ProveDependency) {
    this.#theory = theory;
    this.#proved = proved;
    this.#prove = prove;
  }

  /** Refuses with `axiom-not-permitted`, `dependency-unproved`, `cites-itself` or `too-deep`. */
  async judge(
    proof: CheckedProof,
    above: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Judgement> {
    if (proof.dependencies.length === 0) return { status: "accept", proof };
    if (above.size >= DEPENDENCY_DEPTH_MAX) return refuse("too-deep");
    const { kind } = proof.obligation;
    const known = new KnownObligations(nodeCrypto.hash, kind);
    for (const payload of proof.cited) known.add(payload);
    const within = new Set(above).add(toHex(proof.key));
    const prove = (payload: Uint8Array): Promise<readonly Hash[] | undefined> =>
      this.#prove({ kind, payload }, within, signal);
    const axioms = new Map<string, Hash>();
    for (const key of proof.dependencies) {
      const below = await this.#axiomsOf(key, known.payloadOf(key), within, prove);
      if (typeof below === "string") return refuse(below, toHex(key));
      for (const axiom of below) axioms.set(toHex(axiom), axiom);
    }
    const sorted = [...axioms.values()].sort(compareBytes);
    this.#remember(toHex(proof.key), sorted);
    return { status: "accept", proof: { ...proof, axioms: sorted } };
  }

  /** A text: why it may not be cited. */
  async #axiomsOf(
    key: Hash,
    payload: Uint8Array | undefined,
    within: ReadonlySet<string>,
    prove: (payload: Uint8Array) => Promise<readonly Hash[] | undefined>,
  ): Promise<readonly Hash[] | string> {
    const name = toHex(key);
    if (payload === undefined) return "dependency-unproved";
    if (isAxiomPayload(payload)) {
      return this.#theory?.permits(key) === false ? "axiom-not-permitted" : [key];
    }
    const proved = this.#proved.get(name);
    if (proved !== undefined) return proved;
    if (within.has(name)) return "cites-itself";
    return (await prove(payload)) ?? "dependency-unproved";
  }

  #remember(name: string, axioms: readonly Hash[]): void {
    if (this.#proved.size < PROVED_COUNT_MAX) this.#proved.set(name, axioms);
  }
}
