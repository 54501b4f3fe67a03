import type { Hash, Sequence } from "../../base/types.ts";
import { statementCodec } from "../wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../wire/certificate.ts";
import type { Reproposal, ViewChange } from "../wire/agreement.ts";
import type { ReceivedSigned } from "./input.ts";

/** O of Castro–Liskov §4.4, and what it was computed from. */
export interface Reproposals {
  /** Of the highest checkpoint among the view-changes; everything up to it is certified. */
  readonly stable: StatementCertificate | undefined;
  /** min-s. */
  readonly low: Sequence;
  /** Ascending and without gaps from low + 1 to max-s. */
  readonly list: readonly Reproposal[];
}

/**
 * What the primary of the new view must propose again, computed alike by it and by every backup
 * from the Q view-changes alone: for each sequence between the highest checkpoint and the highest
 * prepared one, the digest prepared in the *highest view*; where nothing was prepared, the null
 * request. Whatever was committed anywhere was prepared at Q − f correct replicas, so it is among
 * any Q view-changes, and nothing else can have been prepared in a later view.
 */
export function reproposalsOf(
  viewChanges: readonly ReceivedSigned<ViewChange>[],
  nullDigest: Hash,
): Reproposals {
  let stable: StatementCertificate | undefined;
  let low = 0 as Sequence;
  for (const { message } of viewChanges) {
    if (message.stable === undefined) continue;
    const { sequence } = statementCodec.decode(message.stable.statement);
    if (sequence > low) {
      low = sequence;
      stable = message.stable;
    }
  }
  const highest = new Map<Sequence, Certificate>();
  let high = low;
  for (const { message } of viewChanges) {
    for (const certificate of message.prepared) {
      const { sequence, view } = certificate;
      if (sequence <= low) continue;
      const held = highest.get(sequence);
      if (held === undefined || held.view < view) highest.set(sequence, certificate);
      if (sequence > high) high = sequence;
    }
  }
  const list: Reproposal[] = [];
  for (let sequence = (low + 1) as Sequence; sequence <= high; sequence++) {
    list.push({ sequence, digest: highest.get(sequence)?.digest ?? nullDigest });
  }
  return { stable, low, list };
}
