import { equalBytes } from "../../base/bytes.ts";
import { hlcMax, hlcMs } from "../../base/hlc.ts";
import type { Hlc, Sequence } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { Root } from "../../consensus/wire/connection.ts";
import { HEARTBEAT_GAIN_MS, ROOT_VERIFY_MS } from "../limits.ts";
import type { Fleet } from "./fleet.ts";
import { claimOf, provenHeartbeat } from "./heartbeat-quorum.ts";
import type { HeartbeatClaim } from "./heartbeat-quorum.ts";
import type { KnownRoots, ProvenRoot } from "./known-roots.ts";
import type { ReaderClock } from "./reader-clock.ts";
import type { ReplicaLink } from "./replica-link.ts";
import type { CancelAlarm, Sweep } from "./sweep.ts";

/** A proven root and up to when nothing certified is missing from it. */
export interface FreshRoot {
  readonly root: ProvenRoot;
  /** The larger of agreed time and the smallest as-of of `heartbeats`. */
  readonly time: Hlc;
  /** Q of them over this root, checked; or none. */
  readonly heartbeats: readonly SignedHeartbeat[];
}

/** Roots whose freshness is remembered after newer ones came. */
const RECENT_COUNT_MAX = 64;

interface Candidate {
  certificate: StatementCertificate | undefined;
  sequence: Sequence;
  heartbeats: readonly SignedHeartbeat[];
}

/**
 * Follows the newest certified root. Every replica pushes what it has; one candidate of each is
 * kept, and the newest is checked at most once in a while, or at once when a reader waits: so a
 * busy cluster costs a client few signature checks, and a cold read none.
 *
 * 1. `newest` never goes back.
 * 2. What a replica merely claims moves nothing: not the root, not the time.
 */
export class RootFollower {
  readonly #committee: Committee;
  readonly #crypto: Crypto;
  readonly #roots: KnownRoots;
  readonly #clock: ReaderClock;
  readonly #sweep: Sweep;
  readonly #candidates = new Map<ReplicaLink, Candidate>();
  readonly #waiters = new Set<() => void>();
  readonly #recent = new Map<Sequence, FreshRoot>();
  #newest: FreshRoot | undefined;
  #alarm: CancelAlarm | undefined;

  constructor(
    dependencies: {
      readonly committee: Committee;
      readonly crypto: Crypto;
      readonly roots: KnownRoots;
      readonly clock: ReaderClock;
      readonly sweep: Sweep;
    },
    fleet: Fleet,
  ) {
    this.#committee = dependencies.committee;
    this.#crypto = dependencies.crypto;
    this.#roots = dependencies.roots;
    this.#clock = dependencies.clock;
    this.#sweep = dependencies.sweep;
    fleet.listen({
      onRoot: (link, root) => this.#onRoot(link, root),
      onLost: (link) => void this.#candidates.delete(link),
    });
  }

  get newest(): FreshRoot | undefined {
    return this.#newest;
  }

  /** How old the newest root's freshness is by the reader's now; undefined before the first. */
  ageMs(): number | undefined {
    return this.#newest && Math.max(0, this.#clock.nowMs() - hlcMs(this.#newest.time));
  }

  /** The freshest that can be had now from what replicas pushed. */
  refresh(): void {
    this.#alarm?.();
    this.#alarm = undefined;
    const byAge = [...this.#candidates].sort(
      ([, left], [, right]) => right.sequence - left.sequence,
    );
    for (const [link, candidate] of byAge) this.#consider(link, candidate);
  }

  /** A root that an answer proved. */
  adopt(root: ProvenRoot): void {
    this.#clock.observe(root.agreedTime);
    if (this.#newest !== undefined && root.sequence <= this.#newest.root.sequence) return;
    if (this.#newest !== undefined) this.#keep(this.#newest);
    this.#newest = { root, time: root.agreedTime, heartbeats: [] };
    this.#wake();
  }

  /** A replica a moment behind answers under the root before: its freshness is not forgotten. */
  #keep(fresh: FreshRoot): void {
    this.#recent.set(fresh.root.sequence, fresh);
    if (this.#recent.size <= RECENT_COUNT_MAX) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  /** Calls back whenever a newer root or a later time is known. Returns how to stop. */
  onMoved(listener: () => void): () => void {
    this.#waiters.add(listener);
    return () => void this.#waiters.delete(listener);
  }

  /** Time and heartbeats for a proven root: more than agreed time only for the newest few. */
  freshOf(root: ProvenRoot): FreshRoot {
    const newest = this.#newest;
    if (newest !== undefined && newest.root.sequence === root.sequence) return newest;
    return this.#recent.get(root.sequence) ?? { root, time: root.agreedTime, heartbeats: [] };
  }

  #onRoot(link: ReplicaLink, { certificate, heartbeats }: Root): void {
    const known = this.#candidates.get(link);
    const candidate = known ?? { certificate: undefined, sequence: 0 as Sequence, heartbeats: [] };
    if (certificate !== undefined) {
      const statement = statementCodec.tryDecode(certificate.statement);
      if (statement === undefined) return link.lied("garbage");
      candidate.certificate = certificate;
      candidate.sequence = statement.sequence;
    }
    if (heartbeats.length > 0) candidate.heartbeats = heartbeats;
    this.#candidates.set(link, candidate);
    if (this.#newest === undefined) this.refresh();
    else this.#alarm ??= this.#sweep.after(ROOT_VERIFY_MS, () => this.refresh());
  }

  #consider(link: ReplicaLink, candidate: Candidate): void {
    const { certificate, heartbeats } = candidate;
    if (certificate !== undefined && this.#isNews(candidate)) {
      const proven = this.#roots.prove(certificate);
      if (proven === undefined) {
        candidate.certificate = undefined;
        link.lied("forged-certificate");
      } else this.adopt(proven);
    }
    const claim = heartbeats.length === 0 ? undefined : claimOf(this.#committee, heartbeats);
    if (claim === undefined || !this.#gains(claim)) return;
    candidate.heartbeats = [];
    if (this.#areSigned(heartbeats)) this.#freshen(claim, heartbeats);
    else link.lied("forged-heartbeat");
  }

  #isNews(candidate: Candidate): boolean {
    return this.#newest === undefined || candidate.sequence > this.#newest.root.sequence;
  }

  #gains(claim: HeartbeatClaim): boolean {
    const newest = this.#newest;
    if (newest === undefined || claim.sequence !== newest.root.sequence) return false;
    if (!equalBytes(claim.stateRoot, newest.root.stateRoot)) return false;
    const gainMs = hlcMs(claim.asOf) - hlcMs(newest.time);
    return newest.heartbeats.length === 0 ? gainMs > 0 : gainMs >= HEARTBEAT_GAIN_MS;
  }

  #areSigned(heartbeats: readonly SignedHeartbeat[]): boolean {
    return heartbeats.every(
      (signed) => provenHeartbeat(this.#crypto, this.#committee, signed) !== undefined,
    );
  }

  #freshen(claim: HeartbeatClaim, heartbeats: readonly SignedHeartbeat[]): void {
    const newest = this.#newest;
    if (newest === undefined) return;
    this.#clock.observe(claim.asOf);
    this.#newest = { ...newest, time: hlcMax(newest.time, claim.asOf), heartbeats };
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }
}
