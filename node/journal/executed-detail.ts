import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { DIGEST_LETTERS } from "../../base/journal/journal-event.ts";
import type { EventDetail } from "../../base/journal/journal-event.ts";
import { isProofKind } from "../../proof/digest/registry.ts";
import type { Output } from "../../consensus/replica/output.ts";

/** Keys that an executed batch names: enough to follow single writes, a bound for large batches. */
const KEY_COUNT_MAX = 4;
const DIGEST_SIZE: number = DIGEST_LETTERS / 2;

/** What a journal tells of an executed batch: `keys` are the first ones, "namespace/0123456789abcdef". */
export function executedDetail(
  output: Extract<Output, { readonly type: "executed" }>,
): EventDetail {
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
      if (key !== undefined) keys.push(`${namespace}/${toHex(key.subarray(0, DIGEST_SIZE))}`);
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
