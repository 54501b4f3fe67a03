import type { Committee } from "../../../consensus/committee.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { newViewCodec, viewChangeCodec } from "../../../consensus/wire/agreement.ts";
import type { NewView, ViewChange } from "../../../consensus/wire/agreement.ts";
import { statementCodec } from "../../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { nullBatchDigest } from "../../../consensus/null-batch.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";
import {
  faultOfStatements,
  faultOfVotes,
  plainQuorum,
  plainSigningBytes,
} from "./independent-certificates.ts";

const NAME = "new view follows";

/**
 * Every new view that a correct replica enters follows from its view-changes: Q of distinct members
 * for that very view, each with a valid signature and valid certificates; and what is proposed again
 * is, for each sequence, the digest prepared in the highest view. Of one view there is one.
 */
export function newViewFollows({ committee: first, epochs, crypto, world }: CheckerFrame): Checker {
  const name = NAME;
  const known = new Map<string, string>();
  const judged = new Set<string>();

  /** A new epoch's first checkpoint is the last one's end. */
  function judgeStable(stable: StatementCertificate, what: string): void {
    const { epoch } = statementCodec.decode(stable.statement);
    const fault = faultOfStatements(epochs.committeeOf(epoch) ?? first, crypto, stable);
    demand(fault === undefined, name, () => `${what}: checkpoint with ${String(fault)}`);
  }

  function judge(message: NewView, committee: Committee, what: string): void {
    const authors = new Set<number>();
    const changes: ViewChange[] = [];
    for (const signed of message.viewChanges) {
      const key = committee.members[signed.author]?.publicKey;
      const bytes = plainSigningBytes(4, committee, signed.body);
      const isSigned = key !== undefined && crypto.verify(key, bytes, signed.signature);
      demand(isSigned, name, () => `${what}: a view-change of ${signed.author} is not signed`);
      const change = viewChangeCodec.decode(signed.body);
      demand(change.newView === message.view, name, () => `${what}: for another view`);
      for (const certificate of change.prepared) {
        const fault = faultOfVotes(committee, crypto, certificate, "prepared");
        demand(fault === undefined, name, () => `${what}: ${String(fault)}`);
        demand(certificate.view < message.view, name, () => `${what}: prepared in its future`);
      }
      if (change.stable !== undefined) judgeStable(change.stable, what);
      authors.add(signed.author);
      changes.push(change);
    }
    demand(authors.size >= plainQuorum(committee), name, () => `${what}: ${authors.size} authors`);
    compare({ crypto, world }, message, changes, {
      low: epochs.beginsAfter(committee.epoch),
      what,
    });
  }

  /** Only a lying primary signs two, and only safety keeps both from being entered here. */
  function noteOf(place: string, text: string): void {
    if (!known.has(place)) known.set(place, text);
    else if (known.get(place) !== text) world.mark("new view: two of one view");
  }

  return {
    name,
    step(replica, _input, outputs) {
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type === "view" && output.active) world.mark("view: entered");
        if (output.type !== "persist" || output.record.type !== "new-view") continue;
        const { view, body } = output.record;
        const committee = replica.process?.committee ?? first;
        const place = `${committee.epoch}/${view}`;
        // A new view of many sequences is too long for a name.
        const text = keyText(crypto.hash(body));
        const what = `${replica.name} enters view ${view}`;
        if (!judged.has(text)) {
          judged.add(text);
          judge(newViewCodec.decode(body), committee, what);
        }
        noteOf(place, text);
      }
    },
  };
}

/** O as the paper has it: for each sequence the digest prepared in the highest view, or null. */
function compare(
  { crypto, world }: Pick<CheckerFrame, "crypto" | "world">,
  message: NewView,
  changes: readonly ViewChange[],
  { low: lowest, what }: { readonly low: number; readonly what: string },
): void {
  const lows = changes.map(({ stable }) =>
    stable === undefined ? 0 : statementCodec.decode(stable.statement).sequence,
  );
  const low = Math.max(lowest, ...lows);
  const all = changes.flatMap(({ prepared }) => prepared).filter((one) => one.sequence > low);
  const high = Math.max(low, ...all.map(({ sequence }) => sequence));
  demand(message.reproposals.length === high - low, NAME, () => `${what}: not ${high - low}`);
  if (high > low) world.mark("new view: something is proposed again");
  for (const { sequence, digest } of message.reproposals) {
    const here = all.filter((one) => one.sequence === sequence);
    const best = here.sort((left, right) => right.view - left.view)[0];
    const wanted = best?.digest ?? nullBatchDigest(crypto.hash);
    if (best === undefined) world.mark("new view: a null request fills a gap");
    const isRight = keyText(wanted) === keyText(digest);
    demand(isRight, NAME, () => `${what}: the wrong batch at ${sequence}`);
  }
}
