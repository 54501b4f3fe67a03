import { equalBytes } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { PAGE_COUNT_MAX } from "../../consensus/limits.ts";
import { NO_REVOCATIONS, revocationHeadAfter } from "../../consensus/map/revocation-chain.ts";
import { revocationHeadStateKey } from "../../consensus/map/state-keys.ts";
import type { RevocationTailAnswer } from "../../consensus/wire/connection.ts";
import { revocationHeadCodec, revocationRecordCodec } from "../../consensus/wire/rows.ts";
import type { RevocationHead } from "../../consensus/wire/rows.ts";
import { DEADLINE_MS, REVOCATION_FOLLOW_MS } from "../limits.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import type { ProvenRoot } from "../link/known-roots.ts";
import { tailQuestion } from "../link/questions.ts";
import type { CancelAlarm } from "../link/sweep.ts";
import { lieOfRow, rootOfAnswer } from "../read/proven-row.ts";
import type { ReaderDependencies } from "../read/reader.ts";
import type { KeptState, RevocationPosition } from "../state/kept-state.ts";
import type { FollowedTo, RevocationFollower, Revoked } from "./revocation-follower.ts";

/** A stretch of the log that hangs together, and the proven head that it should lead to. */
interface Stretch {
  readonly root: ProvenRoot;
  readonly head: RevocationHead;
  readonly revoked: readonly Revoked[];
  /** Where our chain stands with these records. */
  readonly reached: RevocationPosition;
}

/** Records collected on the way to a proven head; a longer gap is followed no more. */
const COLLECTED_COUNT_MAX = 262_144;

/**
 * Follows the log: for each newer root one proven head, and the records up to it. Records count
 * only when the chain over them reaches the proven head; until then they are collected and, if it
 * never does, thrown away.
 */
export class LogFollower implements RevocationFollower {
  readonly #parts: ReaderDependencies;
  readonly #kept: KeptState;
  readonly #listeners = new Set<(revoked: readonly Revoked[]) => void>();
  readonly #stopListening: () => void;
  #followed: { readonly position: RevocationPosition; readonly root: ProvenRoot } | undefined;
  #collected: Revoked[] = [];
  #reached: RevocationPosition;
  #asking = false;
  #alarm: CancelAlarm | undefined;
  #stopped = false;

  constructor(parts: ReaderDependencies, kept: KeptState) {
    this.#parts = parts;
    this.#kept = kept;
    this.#reached = kept.revocation ?? NO_REVOCATIONS;
    this.#stopListening = parts.follower.onMoved(() => this.#schedule());
    this.#schedule();
  }

  onRevoked(listener: (revoked: readonly Revoked[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get followedTo(): FollowedTo | undefined {
    if (this.#followed === undefined) return undefined;
    const { position, root } = this.#followed;
    const { time } = this.#parts.follower.freshOf(root);
    return { count: position.count, sequence: root.sequence, time };
  }

  ageMs(): number {
    const followed = this.followedTo;
    if (followed === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#parts.clock.nowMs() - hlcMs(followed.time));
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm?.();
    this.#stopListening();
  }

  #schedule(): void {
    if (this.#asking || this.#alarm !== undefined || this.#stopped) return;
    const newest = this.#parts.follower.newest;
    if (newest !== undefined && newest.root.sequence === this.#followed?.root.sequence) return;
    const delayMs = this.#followed === undefined ? 0 : REVOCATION_FOLLOW_MS;
    this.#alarm = this.#parts.sweep.after(delayMs, () => {
      this.#alarm = undefined;
      void this.#follow();
    });
  }

  async #follow(): Promise<void> {
    this.#asking = true;
    try {
      while (!this.#stopped && !this.#take(await this.#ask())) continue;
    } catch {
      // Nobody answers now; the next root, or the next round, begins again.
    } finally {
      this.#asking = false;
      this.#schedule();
    }
  }

  #ask(): Promise<Stretch> {
    const { fleet, sweep } = this.#parts;
    const from = this.#reached.count;
    return askHedged(fleet, sweep, {
      what: "the revocation log",
      deadlineMs: DEADLINE_MS,
      signal: undefined,
      question: () => tailQuestion({ from, limit: PAGE_COUNT_MAX }),
      judge: (answer) => this.#judge(answer),
    });
  }

  /** True: followed to the head of that root. */
  #take(stretch: Stretch): boolean {
    this.#collected.push(...stretch.revoked);
    this.#reached = stretch.reached;
    if (this.#reached.count < stretch.head.count) {
      if (this.#collected.length > COLLECTED_COUNT_MAX) throw this.#beginAnew();
      return false;
    }
    if (!equalBytes(this.#reached.head, stretch.head.head)) throw this.#beginAnew();
    const revoked = this.#collected;
    this.#collected = [];
    if (revoked.length > 0) for (const listener of this.#listeners) listener(revoked);
    this.#followed = { position: this.#reached, root: stretch.root };
    this.#kept.revocation = this.#reached;
    return true;
  }

  /** What was collected does not lead to a proven head: one of its sources lied. */
  #beginAnew(): Error {
    this.#collected = [];
    this.#reached = this.#followed?.position ?? this.#kept.revocation ?? NO_REVOCATIONS;
    return new Error("the collected records do not lead to the proven head");
  }

  #judge(answer: RevocationTailAnswer): Judgement<Stretch> {
    if (answer.certificate === undefined) return { type: "declined" };
    const root = rootOfAnswer(this.#parts.roots, answer);
    if (typeof root === "string") return { type: "lie", reason: root };
    this.#parts.follower.adopt(root);
    if (root.sequence < (this.#followed?.root.sequence ?? 0)) return { type: "declined" };
    const claim = { row: answer.head, proof: answer.proof };
    const lie = lieOfRow(this.#parts.platform.crypto, root, revocationHeadStateKey(), claim);
    if (lie !== undefined) return { type: "lie", reason: lie };
    const head =
      answer.head.length === 0 ? NO_REVOCATIONS : revocationHeadCodec.tryDecode(answer.head);
    if (head === undefined) return { type: "lie", reason: "wrong-row" };
    return this.#walk(root, head, answer.records);
  }

  #walk(
    root: ProvenRoot,
    head: RevocationHead,
    records: readonly Uint8Array[],
  ): Judgement<Stretch> {
    const lie: Judgement<never> = { type: "lie", reason: "forged-revocation" };
    let reached: RevocationHead = this.#reached;
    const revoked: Revoked[] = [];
    for (const bytes of records) {
      const record = revocationRecordCodec.tryDecode(bytes);
      const fits = record?.index === reached.count && reached.count < head.count;
      if (record === undefined || !fits) return lie;
      reached = revocationHeadAfter(this.#parts.platform.crypto.hash, reached, bytes);
      revoked.push(record);
    }
    // We stand beyond this root's log, or it holds records that this replica lacks.
    const missing = records.length === 0 && reached.count < head.count;
    if (reached.count > head.count || missing) return { type: "declined" };
    const arrived = reached.count === head.count && this.#collected.length === 0;
    if (arrived && !equalBytes(reached.head, head.head)) return lie;
    return { type: "accepted", value: { root, head, revoked, reached } };
  }
}
