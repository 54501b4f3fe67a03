import type { Hash } from "../base/types.ts";
import type { CheckedBatch, CheckedRemoval, CheckedWriteSet } from "./checked.ts";
import { batchDigest } from "./hashing.ts";
import * as limits from "./limits.ts";
import { nullBatch } from "./null-batch.ts";
import { refuse, Refusal } from "./refusal.ts";
import type { Verified } from "./verified.ts";
import { batchCodec } from "./wire/agreement.ts";
import type { BatchItem } from "./wire/agreement.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Certificate } from "./wire/certificate.ts";
import type { Removal } from "./wire/removal.ts";
import { keyText } from "./map/key-text.ts";

/** How a batch's parts are checked; the verifier checks signatures, the own log only the form. */
export interface BatchParts {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly writeSet: (bytes: Uint8Array) => Verified<CheckedWriteSet> | Refusal;
  readonly acknowledgements: (certificate: Certificate) => Refusal | undefined;
  readonly removal: (removal: Removal) => CheckedRemoval | Refusal;
}

/**
 * What no state can change about a proposal (R9): each item is a whole write set, once, with
 * its values inside or with Q acknowledgements of it. Zero bytes are the null request.
 */
export function checkBatch(parts: BatchParts, bytes: Uint8Array): CheckedBatch | Refusal {
  if (bytes.length === 0) return nullBatch(parts.hash);
  if (bytes.length > limits.BATCH_BYTES_MAX) return refuse("batch too large");
  const batch = batchCodec.tryDecode(bytes);
  if (batch === undefined) return refuse("batch malformed");
  const writeSets: CheckedWriteSet[] = [];
  const seen = new Set<string>();
  for (const item of batch.items) {
    const writeSet = checkItem(parts, item);
    if (writeSet instanceof Refusal) return writeSet;
    const name = keyText(writeSet.digest);
    if (seen.has(name)) return refuse("batch repeats a write set");
    seen.add(name);
    writeSets.push(writeSet);
  }
  const removal = batch.removal && parts.removal(batch.removal);
  if (removal instanceof Refusal) return removal;
  return { digest: batchDigest(parts.hash, bytes), batch, writeSets, removal, bytes };
}

function checkItem(parts: BatchParts, item: BatchItem): CheckedWriteSet | Refusal {
  const writeSet = parts.writeSet(item.writeSet);
  if (writeSet instanceof Refusal) return writeSet;
  const { acknowledgements } = item;
  if (acknowledgements === undefined) {
    return writeSet.inline ? writeSet : refuse("batch without acknowledgements");
  }
  if (writeSet.inline) return refuse("batch with needless acknowledgements");
  if (!equalBytes(acknowledgements.digest, writeSet.digest)) {
    return refuse("acknowledgements of another write set");
  }
  return parts.acknowledgements(acknowledgements) ?? writeSet;
}
