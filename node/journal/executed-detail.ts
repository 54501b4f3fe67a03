import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { DIGEST_LETTERS } from "../../base/journal/journal-event.ts";
import type { EventDetail } from "../../base/journal/journal-event.ts";
import { isProofKind } from "../../proof/digest/registry.ts";
import { OUTCOME_DISPUTED } from "../../consensus/execution/outcomes.ts";
import type { Output } from "../../consensus/replica/output.ts";

/** Keys that an executed batch names: enough to follow single writes, a bound for large batches. */
const KEY_COUNT_MAX = 4;
const DIGEST_SIZE: number = DIGEST_LETTERS / 2;

type Executed = Extract<Output, { readonly type: "executed" }>;

/** What a journal tells of an executed batch: `keys` are the first ones, "namespace/0123456789abcdef". */
export function executedDetail(output: Executed): EventDetail {
  const { sequence, stateRoot, agreedTime, writeSets } = output;
  let writeCount = 0;
  let refusedCount = 0;
  let proofCount = 0;
  const keys: string[] = [];
  for (const { writeSet, code } of writeSets) {
    writeCount += writeSet.writes.length;
    if (code !== 0) refusedCount++;
    for (const { namespace, key, kind } of writeSet.writes) {
      if (code === 0 && isProofKind(kind)) proofCount++;
      if (keys.length === KEY_COUNT_MAX) break;
      if (key !== undefined) keys.push(keyText(namespace, key));
    }
  }
  const first = writeSets[0]?.writeSet.digest;
  return {
    sequence,
    root: toHex(stateRoot.subarray(0, DIGEST_SIZE)),
    agreedMs: hlcMs(agreedTime),
    sets: writeSets.length,
    writes: writeCount,
    ...(refusedCount === 0 ? {} : { refusedCount }),
    ...(proofCount === 0 ? {} : { proofs: proofCount }),
    ...(first === undefined ? {} : { digest: toHex(first.subarray(0, DIGEST_SIZE)) }),
    ...(keys.length === 0 ? {} : { keys: keys.join(" ") }),
  };
}

/** Which keys of a batch are in dispute behind it; undefined: none. */
export function disputeDetail({ sequence, writeSets }: Executed): EventDetail | undefined {
  const disputed = new Set<string>();
  for (const { writeSet, result } of writeSets) {
    for (const { index, code } of result?.outcomes ?? []) {
      const write = code === OUTCOME_DISPUTED ? writeSet.writes[index] : undefined;
      if (write?.key !== undefined) disputed.add(keyText(write.namespace, write.key));
    }
  }
  if (disputed.size === 0) return undefined;
  const keys = [...disputed].slice(0, KEY_COUNT_MAX).join(" ");
  return { sequence, count: disputed.size, keys };
}

function keyText(namespace: string, key: Uint8Array): string {
  return `${namespace}/${toHex(key.subarray(0, DIGEST_SIZE))}`;
}
