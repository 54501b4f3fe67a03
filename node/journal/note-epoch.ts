import { equalBytes } from "../../base/bytes.ts";
import type { EventScribe } from "../../base/journal/event-scribe.ts";
import type { PublicKey, Sequence } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";

/** How a journal tells of its replica's way from one configuration to the next. */

/** The first word of a journal in an epoch after genesis: who votes now, and since where. */
export function noteEpoch(
  scribe: EventScribe,
  { epoch, faultyMax }: Committee,
  begun: {
    readonly numbers: readonly number[];
    readonly boundary: Sequence;
    /** The process was there when it began; else it starts in the midst of it. */
    readonly isNew: boolean;
  },
): void {
  const what = begun.isNew ? "begins" : "goes on";
  const members = begun.numbers.join(" ");
  scribe.note("epoch", { what, epoch, sequence: begun.boundary, members, faultyMax });
}

/** The last word in an epoch that is followed by another one, with this replica or without it. */
export function noteEnd(
  scribe: EventScribe,
  epoch: number,
  next: Pick<Committee, "members">,
  own: PublicKey,
): void {
  const stays = next.members.some(({ publicKey }) => equalBytes(publicKey, own));
  scribe.note("epoch", { what: stays ? "ends" : "leaves", epoch });
}
