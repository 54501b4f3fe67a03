import { equalBytes } from "../../base/bytes.ts";
import type { Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { Committee } from "../committee.ts";
import { quarantineStateKey } from "../map/state-keys.ts";
import { quarantineRowCodec } from "../wire/rows.ts";
import * as outcomes from "./outcomes.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Whom a piece of evidence convicts, and of what; undefined: it proves nothing. */
export type JudgeEvidence = (
  evidence: Uint8Array,
  committee: Committee,
) => { readonly accused: readonly ReplicaIndex[]; readonly what: string } | undefined;

export interface QuarantineRules {
  readonly judgeEvidence: JudgeEvidence;
}

/**
 * Replicas that are proven to have lied, by an ordered operation that bears the proof. Correct
 * replicas then leave their primacy and listen to nothing that they sign; the quorum stays what it
 * was, so that this can cost progress and never agreement.
 */
export class Quarantine {
  readonly #rows: WorkingRows;
  readonly #rules: QuarantineRules;
  readonly #replicas = new Set<ReplicaIndex>();
  #judgedAt = -1;

  constructor(rows: WorkingRows, rules: QuarantineRules) {
    this.#rows = rows;
    this.#rules = rules;
  }

  get replicas(): ReadonlySet<ReplicaIndex> {
    return this.#replicas;
  }

  /**
   * Answers an OUTCOME_*. One in each execution: to judge takes many signature checks. At most f of
   * the members at a time: with more of them left out the others could decide nothing.
   */
  accuse(
    evidence: Uint8Array,
    committee: Committee,
    at: { readonly sequence: Sequence; readonly time: Hlc },
  ): number {
    if (this.#judgedAt === at.sequence) return outcomes.OUTCOME_ACCUSATION_LATER;
    this.#judgedAt = at.sequence;
    const verdict = this.#rules.judgeEvidence(evidence, committee);
    if (verdict === undefined || verdict.accused.length === 0) {
      return outcomes.OUTCOME_EVIDENCE_REFUSED;
    }
    const added = verdict.accused.filter((replica) => !this.#replicas.has(replica));
    if (this.#replicas.size + added.length > committee.faultyMax) {
      return outcomes.OUTCOME_QUARANTINE_FULL;
    }
    for (const replica of added) {
      this.#replicas.add(replica);
      const row = quarantineRowCodec.encode({ replica, what: verdict.what, ...at });
      this.#rows.set(quarantineStateKey(replica), row);
    }
    return outcomes.OUTCOME_ACCEPTED;
  }

  /**
   * At the end of an epoch: who goes on being a member keeps his sentence under his new index, and
   * who leaves takes it along. A key convicts, not a place.
   */
  follow(from: Committee, to: Committee): void {
    const rows = [...this.#replicas].flatMap((replica) => {
      const key = quarantineStateKey(replica);
      const bytes = this.#rows.get(key);
      this.#rows.set(key, undefined);
      return bytes === undefined ? [] : [quarantineRowCodec.decode(bytes)];
    });
    this.#replicas.clear();
    for (const row of rows) {
      const convicted = from.members[row.replica]?.publicKey;
      const replica = to.members.findIndex(
        ({ publicKey }) => convicted !== undefined && equalBytes(publicKey, convicted),
      ) as ReplicaIndex;
      if (replica < 0) continue;
      this.#replicas.add(replica);
      this.#rows.set(quarantineStateKey(replica), quarantineRowCodec.encode({ ...row, replica }));
    }
  }

  /** From a scan or a transfer: the row is there already. */
  load(bytes: Uint8Array): void {
    this.#replicas.add(quarantineRowCodec.decode(bytes).replica);
  }

  forget(bytes: Uint8Array): void {
    this.#replicas.delete(quarantineRowCodec.decode(bytes).replica);
  }
}
