import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { KnownObligations } from "../../proof/frame/known-obligations.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { isAxiomPayload } from "../../proof/metamath/payload.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CheckedProof, Judgement } from "./kernel/checked-proof.ts";
import { refuse } from "./kernel/kernel.ts";
import { DEPENDENCY_DEPTH_MAX, PROVED_COUNT_MAX } from "./limits.ts";

/** Looks for a proof of what another cites; `above` are the keys that wait for it. */
export type ProveDependency = (
  obligation: Obligation,
  above: ReadonlySet<string>,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Whether all that a proof rests on holds: each statement that it cites has a proof of its own,
 * checked here, or is an axiom that the asker permits. Keys name statements, not proofs, so two
 * proofs may well cite each other's statement: what is being proved proves nothing.
 */
export class Closure {
  readonly #theory: Theory | undefined;
  readonly #prove: ProveDependency;
  readonly #proved: Set<string>;

  /** `proved` is shared by all questions under one theory. */
  constructor(theory: Theory | undefined, proved: Set<string>, prove: ProveDependency) {
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
    const prove = (payload: Uint8Array): Promise<boolean> =>
      this.#prove({ kind, payload }, within, signal);
    for (const key of proof.dependencies) {
      const fault = await this.#faultOf(key, known.payloadOf(key), within, prove);
      if (fault !== undefined) return refuse(fault, toHex(key));
    }
    for (const key of proof.dependencies) this.#remember(toHex(key));
    return { status: "accept", proof };
  }

  async #faultOf(
    key: Hash,
    payload: Uint8Array | undefined,
    within: ReadonlySet<string>,
    prove: (payload: Uint8Array) => Promise<boolean>,
  ): Promise<string | undefined> {
    const name = toHex(key);
    if (payload === undefined) return "dependency-unproved";
    if (isAxiomPayload(payload)) {
      return this.#theory?.permits(key) === true ? undefined : "axiom-not-permitted";
    }
    if (this.#proved.has(name)) return undefined;
    if (within.has(name)) return "cites-itself";
    return (await prove(payload)) ? undefined : "dependency-unproved";
  }

  #remember(name: string): void {
    if (this.#proved.size < PROVED_COUNT_MAX) this.#proved.add(name);
  }
}
