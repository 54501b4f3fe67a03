import { equalBytes } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { PAGE_COUNT_MAX } from "../../consensus/limits.ts";
import { NO_REVOCATIONS, revocationHeadAfter } from "../../consensus/map/revocation-chain.ts";
import { revocationHeadStateKey } from "../../consensus/map/state-keys.ts";
import type { RevocationTailAnswer } from "../../consensus/wire/connection.ts";
import { revocationHeadCodec, revocationRecordCodec } from "../../consensus/wire/rows.ts";
import type { RevocationHead } from "../../consensus/wire/rows.ts";
import type { Judgement } from "../link/hedged-question.ts";
import type { KnownRoots, ProvenRoot } from "../link/known-roots.ts";
import { lieOfRow, rootOfAnswer } from "../read/proven-row.ts";
import type { RevocationPosition } from "../state/kept-state.ts";
import type { Revoked } from "./revocation-follower.ts";

/** Records collected on the way to a proven head; a longer gap is followed no more. */
export const COLLECTED_COUNT_MAX = 262_144;

export interface WalkOptions {
  readonly crypto: Crypto;
  readonly roots: KnownRoots;
  /** Where we stand: what was followed before, or nothing. */
  readonly from: RevocationPosition;
  /** Roots below this one say nothing new. */
  readonly sequenceMin: Sequence;
}

/**
 * One replica's pages of the log, from where we stand to a proven head. Records cannot be checked
 * before the chain over them reaches the head, so all of them come from one replica: when they lead
 * elsewhere, it is the one that lied.
 */
export class TailWalk {
  readonly #options: WalkOptions;
  readonly revoked: Revoked[] = [];
  #reached: RevocationHead;
  #root: ProvenRoot | undefined;
  #arrived = false;

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#reached = options.from;
  }

  /** Where the chain over the records taken stands; proven once `arrived`. */
  get reached(): RevocationPosition {
    return this.#reached;
  }

  get root(): ProvenRoot | undefined {
    return this.#root;
  }

  get arrived(): boolean {
    return this.#arrived;
  }

  get tooLong(): boolean {
    return this.revoked.length > COLLECTED_COUNT_MAX;
  }

  /** The next page, asked for from `reached` on. Accepted: arrived, or one page further. */
  take(answer: RevocationTailAnswer): Judgement<TailWalk> {
    const { crypto, roots, sequenceMin } = this.#options;
    if (answer.certificate === undefined) return { type: "declined" };
    const root = rootOfAnswer(roots, answer);
    if (typeof root === "string") return { type: "lie", reason: root };
    this.#root = root;
    if (root.sequence < sequenceMin) return { type: "declined" };
    const claim = { row: answer.head, proof: answer.proof };
    const lie = lieOfRow(crypto, root, revocationHeadStateKey(), claim);
    if (lie !== undefined) return { type: "lie", reason: lie };
    const head =
      answer.head.length === 0 ? NO_REVOCATIONS : revocationHeadCodec.tryDecode(answer.head);
    if (head === undefined) return { type: "lie", reason: "wrong-row" };
    return this.#walk(head, answer.records);
  }

  #walk(head: RevocationHead, records: readonly Uint8Array[]): Judgement<TailWalk> {
    const lie: Judgement<never> = { type: "lie", reason: "forged-revocation" };
    for (const bytes of records) {
      const record = revocationRecordCodec.tryDecode(bytes);
      const fits = record?.index === this.#reached.count && this.#reached.count < head.count;
      if (record === undefined || !fits) return lie;
      this.#reached = revocationHeadAfter(this.#options.crypto.hash, this.#reached, bytes);
      this.revoked.push(record);
    }
    // We stand beyond this root's log, or it holds records that this replica lacks. A page that is
    // not full would let a walk take as many questions as there are records.
    const full = records.length === PAGE_COUNT_MAX;
    if (this.#reached.count > head.count) return { type: "declined" };
    if (this.#reached.count < head.count) {
      return full ? { type: "accepted", value: this } : { type: "declined" };
    }
    if (!equalBytes(this.#reached.head, head.head)) return lie;
    this.#arrived = true;
    return { type: "accepted", value: this };
  }
}
