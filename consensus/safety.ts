import { equalBytes } from "../base/bytes.ts";
import type { Epoch, Hash, Sequence, View } from "../base/types.ts";
import { VOTE_ACKNOWLEDGEMENT, VOTE_COMMIT, statementCodec } from "./wire/certificate.ts";
import type { Certificate, Vote } from "./wire/certificate.ts";
import type { PromiseRecord } from "./replica/output.ts";

/**
 * The record of what must never be signed twice. Every vote, statement, view-change, new-view and
 * heartbeat passes through here before it is asked for; whatever else in this room is wrong, a
 * replica whose Safety is right does not contradict itself.
 *
 * 1. One digest for each (vote type, view, sequence) of the epoch, for ever.
 * 2. No vote of a view below the one promised in a view-change or entered by a new-view.
 * 3. No commit without the prepared certificate of the same (view, sequence, digest).
 * 4. One statement for each sequence; no heartbeat below the highest.
 * 5. One view-change and one new-view for each view, and none below the promised one.
 * 6. Below where the log is dropped nothing is remembered, so nothing is signed; the statement at
 *    that very place is kept, because heartbeats rest on it. After a restart that place is the one
 *    that the promise log names (its floor), not the checkpoint before the last: a transfer drops
 *    everything up to its root, and the record of an older checkpoint may be gone or still there.
 *
 * It is rebuilt from the promise records at start. When they are missing, or a commit in them lacks
 * the certificate that it rests on, the replica has forgotten something: it is amnesiac, and every
 * question here is answered by "refused".
 */
export type Verdict = "first" | "again" | "refused";

export class Safety {
  /** Why this replica may sign nothing; undefined: it remembers. */
  #amnesia: string | undefined;
  readonly #epoch: Epoch;
  readonly #votes = new Map<string, { readonly vote: Vote }>();
  readonly #prepared = new Map<string, Hash>();
  readonly #statements = new Map<Sequence, Uint8Array>();
  readonly #viewChanges = new Map<View, Uint8Array>();
  readonly #newViews = new Map<View, Uint8Array>();
  #promisedView = 0 as View;
  #statedSequence = 0 as Sequence;
  #low = 0 as Sequence;
  /** Of a statement up to here that is not held, nobody knows whether it was signed. */
  #forgotten = 0 as Sequence;

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
  }

  /** "missing": the promise file is not there or fails its check, which is never a first boot. */
  static recover(
    epoch: Epoch,
    records: readonly PromiseRecord[] | "missing",
    executed: Sequence,
  ): Safety {
    const safety = new Safety(epoch);
    if (records === "missing") safety.#amnesia = "promises are missing";
    else safety.#replay(records, executed);
    return safety;
  }

  get amnesia(): string | undefined {
    return this.#amnesia;
  }

  /** Up to here the log is dropped. */
  get low(): Sequence {
    return this.#low;
  }

  get promisedView(): View {
    return this.#promisedView;
  }

  /** The highest sequence whose statement was promised. */
  get statedSequence(): Sequence {
    return this.#statedSequence;
  }

  /** The view-change promised for the view that we are leaving to; undefined: we entered it. */
  get promisedViewChange(): Uint8Array | undefined {
    return this.#viewChanges.get(this.#promisedView);
  }

  /** The newest view entered or opened, and its new-view's body. */
  get newestNewView(): { readonly view: View; readonly body: Uint8Array } | undefined {
    const view = Math.max(-1, ...this.#newViews.keys()) as View;
    const body = this.#newViews.get(view);
    return body && { view, body };
  }

  /** Votes promised for sequences above this one, for sending again. */
  votesAbove(sequence: Sequence): readonly Vote[] {
    return [...this.#votes.values()]
      .map(({ vote }) => vote)
      .filter((vote) => vote.sequence > sequence);
  }

  permitVote(vote: Vote): Verdict {
    if (this.#amnesia !== undefined || vote.epoch !== this.#epoch) return "refused";
    // An acknowledgement says what is on disk; no later one can contradict it.
    if (vote.type === VOTE_ACKNOWLEDGEMENT) return "again";
    if (vote.view < this.#promisedView || vote.sequence <= this.#low) return "refused";
    if (vote.type === VOTE_COMMIT && !this.#isPrepared(vote)) return "refused";
    const name = `${vote.type}/${vote.view}/${vote.sequence}`;
    const promised = this.#votes.get(name);
    if (promised === undefined) {
      this.#votes.set(name, { vote });
      return "first";
    }
    return equalBytes(promised.vote.digest, vote.digest) ? "again" : "refused";
  }

  /** What a commit will rest on. */
  notePrepared({ view, sequence, digest }: Certificate): void {
    if (sequence > this.#low) this.#prepared.set(`${view}/${sequence}`, digest);
  }

  permitStatement(sequence: Sequence, body: Uint8Array): Verdict {
    if (this.#amnesia !== undefined || sequence < this.#low) return "refused";
    if (sequence <= this.#forgotten && !this.#statements.has(sequence)) return "refused";
    const verdict = promise(this.#statements, sequence, body);
    if (verdict === "first" && sequence > this.#statedSequence) this.#statedSequence = sequence;
    return verdict;
  }

  isStated(sequence: Sequence, body: Uint8Array): boolean {
    const promised = this.#statements.get(sequence);
    return this.#amnesia === undefined && promised !== undefined && equalBytes(promised, body);
  }

  permitHeartbeat(sequence: Sequence): boolean {
    return this.#amnesia === undefined && sequence >= this.#statedSequence;
  }

  permitViewChange(view: View, body: Uint8Array): Verdict {
    return this.#permitView(this.#viewChanges, view, body);
  }

  /** Asked by the primary that signs it, and by a backup that enters it. */
  permitNewView(view: View, body: Uint8Array): Verdict {
    return this.#permitView(this.#newViews, view, body);
  }

  /** The promises about views that still count, to be written again before older files go. */
  viewRecords(): readonly PromiseRecord[] {
    const records: PromiseRecord[] = [];
    const viewChange = this.#viewChanges.get(this.#promisedView);
    const newest = this.newestNewView;
    if (newest !== undefined) records.push({ type: "new-view", epoch: this.#epoch, ...newest });
    if (viewChange !== undefined) {
      const view = this.#promisedView;
      records.push({ type: "view-change", epoch: this.#epoch, view, body: viewChange });
    }
    return records;
  }

  /** The log is dropped up to here: what was promised there is forgotten, so nothing is signed. */
  forget(low: Sequence): void {
    if (low <= this.#low) return;
    this.#low = low;
    for (const [name, { vote }] of this.#votes) {
      if (vote.sequence <= low || vote.view < this.#promisedView) this.#votes.delete(name);
    }
    for (const name of this.#prepared.keys()) {
      if (Number(name.split("/")[1]) <= low) this.#prepared.delete(name);
    }
    for (const sequence of this.#statements.keys()) {
      if (sequence < low) this.#statements.delete(sequence);
    }
    for (const view of this.#viewChanges.keys()) {
      if (view < this.#promisedView) this.#viewChanges.delete(view);
    }
    const entered = Math.max(-1, ...this.#newViews.keys());
    for (const view of this.#newViews.keys()) {
      if (view < entered) this.#newViews.delete(view);
    }
  }

  #isPrepared({ view, sequence, digest }: Vote): boolean {
    const prepared = this.#prepared.get(`${view}/${sequence}`);
    return prepared !== undefined && equalBytes(prepared, digest);
  }

  #permitView(promises: Map<View, Uint8Array>, view: View, body: Uint8Array): Verdict {
    if (this.#amnesia !== undefined || view < this.#promisedView) return "refused";
    const verdict = promise(promises, view, body);
    if (verdict === "first") this.#promisedView = view;
    return verdict;
  }

  #replay(records: readonly PromiseRecord[], executed: Sequence): void {
    let floor = 0 as Sequence;
    for (const record of records) {
      if (record.type === "floor") floor = record.below;
      if (record.type === "prepared") this.notePrepared(record.certificate);
      if (record.type === "vote") this.#replayVote(record.vote);
      if (record.type === "statement") {
        if (this.permitStatement(record.sequence, record.statement) === "refused") {
          this.#amnesia ??= "a promised statement contradicts another";
        }
      }
      if (record.type === "view-change" && record.epoch === this.#epoch) {
        this.#replayView(this.#viewChanges, record.view, record.body);
      }
      if (record.type === "new-view" && record.epoch === this.#epoch) {
        this.#replayView(this.#newViews, record.view, record.body);
      }
    }
    this.#findForgotten(records, executed);
    this.forget(floor);
    this.#forgotten = floor;
  }

  #replayVote(vote: Vote): void {
    if (vote.epoch !== this.#epoch) return;
    const name = `${vote.type}/${vote.view}/${vote.sequence}`;
    const promised = this.#votes.get(name);
    if (promised !== undefined && !equalBytes(promised.vote.digest, vote.digest)) {
      this.#amnesia ??= "a promised vote contradicts another";
    }
    this.#votes.set(name, { vote });
    if (vote.view > this.#promisedView) this.#promisedView = vote.view;
  }

  #replayView(promises: Map<View, Uint8Array>, view: View, body: Uint8Array): void {
    promises.set(view, body);
    if (view > this.#promisedView) this.#promisedView = view;
  }

  /** What a promise rests on is written before it; a file without that has lost a part. */
  #findForgotten(records: readonly PromiseRecord[], executed: Sequence): void {
    let stable = 0;
    let floor = 0;
    /** Sequences whose statement has something to rest on. */
    const founded = new Set<Sequence>();
    for (const record of records) {
      if (record.type === "floor") floor = record.below;
      if (record.type === "committed") founded.add(record.certificate.sequence);
      if (record.type !== "stable" && record.type !== "weak-root") continue;
      const sequence = statementCodec.tryDecode(record.certificate.statement)?.sequence;
      if (sequence === undefined) this.#amnesia ??= "a stable checkpoint is malformed";
      else if (record.type === "weak-root") founded.add(sequence);
      else stable = Math.max(stable, sequence);
    }
    // What was dropped lay below a stable checkpoint, whose record is written again before.
    if (floor > stable) this.#amnesia ??= "the last stable checkpoint is lost";
    // No row is durable before the promises of its execution: see `durable` in the host's loop.
    const last = Math.max(stable, ...founded);
    if (executed > last) this.#amnesia ??= "the promises end before what was executed";
    for (const { vote } of this.#votes.values()) {
      if (vote.type !== VOTE_COMMIT || vote.sequence <= stable) continue;
      if (!this.#isPrepared(vote)) this.#amnesia ??= "a commit lacks its prepared certificate";
    }
    for (const sequence of this.#statements.keys()) {
      if (sequence > stable && !founded.has(sequence)) {
        this.#amnesia ??= "a statement lacks its commit certificate";
      }
    }
  }
}

/** First to be promised, promised before in the same bytes, or contradicted. */
function promise<K>(promises: Map<K, Uint8Array>, key: K, body: Uint8Array): Verdict {
  const promised = promises.get(key);
  if (promised === undefined) {
    promises.set(key, body);
    return "first";
  }
  return equalBytes(promised, body) ? "again" : "refused";
}
