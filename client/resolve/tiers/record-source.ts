import type { Hash } from "../../../base/types.ts";
import { CANDIDATES_MAX } from "../limits.ts";
import type { Theory } from "../../../proof/frame/theory.ts";
import type { ProofRecord } from "../proof-record.ts";
import type { Tier, TierAnswer, TierName, TierQuestion } from "../tier.ts";

/** A place that may have records of a key: a folder, the cluster, another gateway. Nobody trusts it. */
export interface RecordSource {
  /**
   * One after another, so that a good one ends the reading. Under a theory a server sends none from
   * other axioms; who is asked for any (undefined) sends all.
   */
  readonly records: (
    key: Hash,
    signal: AbortSignal,
    theory?: Theory,
  ) => AsyncIterable<SourcedRecord>;
}

export interface SourcedRecord {
  readonly record: ProofRecord;
  readonly from: string;
  /** Called when the kernel has rejected it, for all times. */
  readonly drop?: (() => void) | undefined;
}

/** A tier that looks up and judges; what does not hold is dropped and the next one tried. */
export function lookupTier(name: TierName, source: RecordSource): Tier {
  return { name, isLookup: true, try: (question) => lookUp(source, question) };
}

async function lookUp(source: RecordSource, question: TierQuestion): Promise<TierAnswer> {
  let count = 0;
  const { key, signal, theory } = question;
  for await (const { record, from, drop } of source.records(key, signal, theory)) {
    const judgement = await question.judge(record, from);
    if (judgement.status === "accept") return { status: "found", proof: judgement.proof, from };
    if (judgement.refused.status === "reject") drop?.();
    if (++count >= CANDIDATES_MAX) break;
  }
  if (count === 0) return { status: "nothing", reason: "none is known" };
  return { status: "failed", reason: `${count} refused` };
}
