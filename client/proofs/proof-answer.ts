import type { Hash } from "../../base/types.ts";
import type { Cost } from "../../proof/frame/check-result.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CallOptions } from "../types.ts";
import type { CertifiedSet } from "./proof-source.ts";

/** What an asker allows, beside the obligation itself. */
export interface ProofQuery extends CallOptions {
  /** Undefined: whatever axioms a proof rests on. */
  readonly theory?: Theory | undefined;
  /**
   * shallow (default): this proof is checked here, and what it cites is taken from the cluster's
   * certificates. deep: everything below it is checked here, too.
   */
  readonly depth?: "shallow" | "deep" | undefined;
}

export type ProofAnswer = FoundProof | NoProof;

/** A proof that this machine's kernel has accepted. */
export interface FoundProof {
  readonly status: "found";
  readonly obligation: Obligation;
  readonly key: Hash;
  /** In the kind's stored form; undefined: an axiom. */
  readonly proof: Uint8Array | undefined;
  /** Of a formula; undefined for kinds in which a proof has one meaning. */
  readonly verdict: "sat" | "unsat" | undefined;
  /** What it rests on, itself through all that it cites. */
  readonly axioms: readonly Hash[];
  readonly dependencies: readonly Hash[];
  /** Payloads of what it cites: what a kernel needs beside the proof. */
  readonly cited: readonly Uint8Array[];
  readonly checker: string;
  readonly cost: Cost;
  readonly trust: ProofTrust;
  /** Which source it came from. */
  readonly source: string;
  readonly certified: CertifiedSet | undefined;
}

/** By the scale of docs/trust.md; a policy number, and no probability. */
export interface ProofTrust {
  /** Of this proof: the kernel accepted it here. */
  readonly grade: "checked-here";
  /** Weakest link: of everything below it, where that was not checked here. */
  readonly dependencies: "none" | "checked-here" | "checked-quorum";
  /** Of the weakest of both, 0 to 1. */
  readonly confidence: number;
}

export interface NoProof {
  readonly status: "none";
  /** For people: what each source said. */
  readonly reason: string;
}
