import type { ExecutedWriteSet } from "../../consensus/application.ts";
import type { Hash } from "../../base/types.ts";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_DIFFERS,
  OUTCOME_DISPUTED,
  OUTCOME_PENDING,
  OUTCOME_WITHDRAWN,
} from "../../consensus/execution/outcomes.ts";
import { OPERATION_PUT } from "../../consensus/wire/write-set.ts";
import type { BlobStore } from "./blob-store.ts";
import type { ValueFetcher } from "./value-fetcher.ts";

/** The vote of such a write stands in the entry's row, so its bytes may be served one day. */
const KEPT: ReadonlySet<number> = new Set([
  OUTCOME_ACCEPTED,
  OUTCOME_PENDING,
  OUTCOME_DIFFERS,
  OUTCOME_DISPUTED,
  OUTCOME_WITHDRAWN,
]);

export interface InlineValue {
  readonly digest: Hash;
  readonly bytes: Uint8Array;
}

export interface ValueKeeperDependencies {
  readonly blobs: BlobStore;
  readonly fetcher: Pick<ValueFetcher, "want">;
  /** Takes values that agreement has verified, all of one execution; durable before its rows. */
  readonly putInline: (values: readonly InlineValue[]) => void;
}

/**
 * After an execution: inline values go into the value log, values that were uploaded elsewhere are
 * fetched. With n = 4 every replica keeps every value.
 */
export function keepValues(
  { blobs, fetcher, putInline }: ValueKeeperDependencies,
  writeSets: readonly ExecutedWriteSet[],
): void {
  const values: InlineValue[] = [];
  for (const { writeSet, result } of writeSets) {
    if (result === undefined) continue;
    const codes =
      result.outcomes.length === 0
        ? undefined
        : new Map(result.outcomes.map(({ index, code }) => [index, code]));
    let inlineIndex = 0;
    for (const [index, write] of writeSet.writes.entries()) {
      const { operation, valueDigest, inline, size } = write;
      if (operation !== OPERATION_PUT || valueDigest === undefined) continue;
      const bytes = inline ? writeSet.wire.values[inlineIndex++] : undefined;
      if (!KEPT.has(codes?.get(index) ?? OUTCOME_ACCEPTED)) continue;
      if (bytes !== undefined) values.push({ digest: valueDigest, bytes });
      else if (blobs.sizeOf(valueDigest) === undefined) fetcher.want(valueDigest, size);
    }
  }
  if (values.length > 0) putInline(values);
}
