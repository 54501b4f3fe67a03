import { hlcMs } from "../../base/hlc.ts";
import type { Sequence } from "../../base/types.ts";
import { weakQuorumOf } from "../../consensus/committee.ts";
import { PAGE_COUNT_MAX } from "../../consensus/limits.ts";
import { NO_REVOCATIONS } from "../../consensus/map/revocation-chain.ts";
import type { RevocationTailAnswer } from "../../consensus/wire/connection.ts";
import type { ClientParts } from "../client-parts.ts";
import { DEADLINE_MS, REVOCATION_FOLLOW_MS } from "../limits.ts";
import type { Lie } from "../link/health-notes.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { ProvenRoot } from "../link/known-roots.ts";
import { tailQuestion } from "../link/questions.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { CancelAlarm } from "../link/sweep.ts";
import type { KeptState, RevocationPosition } from "../state/kept-state.ts";
import type { FollowedTo, RevocationFollower, Revoked } from "./revocation-follower.ts";
import { TailWalk } from "./tail-walk.ts";

/**
 * How long one replica is waited for in the middle of a walk; doubled for each that is late, up to
 * the usual deadline, so that slow replicas do not end every walk and one slow liar holds up few.
 */
const PATIENCE_MS_MIN = 1_000;

/**
 * Follows the log: for each newer root one proven head, and the records up to it. Records count
 * only when the chain over them reaches the proven head (see {@link TailWalk}); who leads elsewhere
 * is noted as a liar, and another replica is asked from where we stood before.
 */
export class LogFollower implements RevocationFollower {
  readonly #parts: ClientParts;
  readonly #kept: KeptState;
  readonly #listeners = new Set<(revoked: readonly Revoked[]) => void>();
  readonly #stopListening: () => void;
  #followed: { readonly position: RevocationPosition; readonly root: ProvenRoot } | undefined;
  /** Proven, or kept from an earlier run. */
  #position: RevocationPosition;
  /** Who led elsewhere from a position that was only kept. */
  readonly #doubters = new Set<ReplicaLink>();
  #patienceMs = PATIENCE_MS_MIN;
  #asking = false;
  #failed = false;
  #alarm: CancelAlarm | undefined;
  #stopped = false;

  constructor(parts: ClientParts, kept: KeptState) {
    this.#parts = parts;
    this.#kept = kept;
    this.#position = kept.revocation ?? NO_REVOCATIONS;
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
    const atOnce = this.#followed === undefined && !this.#failed;
    const delayMs = atOnce ? 0 : REVOCATION_FOLLOW_MS;
    this.#alarm = this.#parts.sweep.after(delayMs, () => {
      this.#alarm = undefined;
      void this.#follow();
    });
  }

  async #follow(): Promise<void> {
    this.#asking = true;
    try {
      while (!this.#stopped && !(await this.#walk())) continue;
      this.#failed = false;
    } catch {
      this.#failed = true;
      // Nobody answers now; the next root, or the next round, begins again.
    } finally {
      this.#asking = false;
      this.#schedule();
    }
  }

  /** True: followed to a proven head. The first page is asked of all, the rest of who gave it. */
  async #walk(): Promise<boolean> {
    const { link, walk } = await this.#firstPage();
    while (!walk.arrived) {
      if (walk.tooLong) throw new Error("the gap in the revocation log is too long to be followed");
      const answer = await this.#ask(link, walk.reached.count);
      if (this.#stopped) return false;
      if (answer === undefined) return this.#stalled(link);
      const judged = walk.take(answer);
      if (judged.type === "lie") return this.#lied(link, judged.reason);
      if (judged.type === "declined") return this.#stalled(link);
    }
    link.health.proved();
    this.#arrived(walk);
    return true;
  }

  #firstPage(): Promise<{ readonly link: ReplicaLink; readonly walk: TailWalk }> {
    const { fleet, sweep, roots, platform, follower } = this.#parts;
    return askHedged(fleet, sweep, {
      what: "the revocation log",
      deadlineMs: DEADLINE_MS,
      signal: undefined,
      question: () => tailQuestion({ from: this.#position.count, limit: PAGE_COUNT_MAX }),
      judge: (answer: RevocationTailAnswer, link) => {
        const walk = new TailWalk({
          crypto: platform.crypto,
          roots,
          from: this.#position,
          sequenceMin: this.#followed?.root.sequence ?? (0 as Sequence),
        });
        const judged = walk.take(answer);
        if (walk.root !== undefined) follower.adopt(walk.root);
        if (judged.type === "lie") this.#doubt(link, judged.reason);
        return judged.type === "accepted" ? { type: "accepted", value: { link, walk } } : judged;
      },
    });
  }

  /** Undefined: no answer within our patience, or the link was lost. */
  #ask(link: ReplicaLink, from: number): Promise<RevocationTailAnswer | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#parts.sweep.after(this.#patienceMs, () => resolve(undefined));
      const sent = link.ask(tailQuestion({ from, limit: PAGE_COUNT_MAX }), (answer) => {
        cancel();
        resolve(answer);
      });
      if (sent) return;
      cancel();
      resolve(undefined);
    });
  }

  #arrived(walk: TailWalk): void {
    const { revoked, reached, root } = walk;
    if (root === undefined) return;
    this.#patienceMs = PATIENCE_MS_MIN;
    this.#doubters.clear();
    if (revoked.length > 0) for (const listener of this.#listeners) listener(revoked);
    this.#position = reached;
    this.#followed = { position: reached, root };
    this.#kept.revocation = reached;
  }

  #lied(link: ReplicaLink, reason: Lie): false {
    link.lied(reason);
    this.#doubt(link, reason);
    return false;
  }

  /** Nobody is blamed: another walk begins, with whom is best now. */
  #stalled(link: ReplicaLink): false {
    link.health.stalled();
    this.#patienceMs = Math.min(DEADLINE_MS, this.#patienceMs * 2);
    return false;
  }

  /**
   * What was kept on disk is our own claim. When more replicas than may lie lead elsewhere from
   * it, it is the kept position that is wrong, and the log is followed from its beginning.
   */
  #doubt(link: ReplicaLink, reason: Lie): void {
    if (reason !== "forged-revocation" || this.#followed !== undefined) return;
    this.#doubters.add(link);
    if (this.#doubters.size < weakQuorumOf(this.#parts.committee)) return;
    this.#doubters.clear();
    this.#position = NO_REVOCATIONS;
  }
}
