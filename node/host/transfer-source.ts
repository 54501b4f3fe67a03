import type { ReplicaIndex, Sequence } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import {
  fetchNodesCodec,
  fetchRowsCodec,
  nodesCodec,
  rowsCodec,
} from "../../consensus/wire/agreement.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import {
  PEER_QUESTIONS_BURST,
  PEER_QUESTIONS_PER_SECOND,
  PIN_COUNT_MAX,
  PIN_MS_MAX,
  PIN_WHOLE_MS_MAX,
} from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import { TokenBucket } from "../../base/token-bucket.ts";

export interface TransferSourceDependencies {
  readonly state: State;
  readonly drops: Tally;
  readonly send: (to: ReplicaIndex, kind: FrameKind, body: Uint8Array) => void;
}

/**
 * Answers the questions of peers that transfer. The root they ask about is pinned so that it does
 * not go while they read it: a few roots at a time, not for longer than they keep asking, and not for ever.
 */
export class TransferSource {
  readonly #dependencies: TransferSourceDependencies;
  /** When each pinned root was pinned, and last asked about. */
  readonly #pins = new Map<Sequence, { readonly sinceMs: number; askedMs: number }>();
  readonly #budgets = new Map<ReplicaIndex, TokenBucket>();

  constructor(dependencies: TransferSourceDependencies) {
    this.#dependencies = dependencies;
  }

  onFrame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array, nowMs: number): void {
    if (!this.#budgetOf(from, nowMs).take(1, nowMs)) {
      this.#dependencies.drops.add("transfer-questions");
    } else if (kind === FRAME.fetchNodes) {
      this.#onFetchNodes(from, body, nowMs);
    } else {
      this.#onFetchRows(from, body);
    }
  }

  sweep(nowMs: number): void {
    for (const [sequence, { sinceMs, askedMs }] of this.#pins) {
      if (nowMs - askedMs <= PIN_MS_MAX && nowMs - sinceMs <= PIN_WHOLE_MS_MAX) continue;
      this.#pins.delete(sequence);
      this.#dependencies.state.unpin(sequence);
    }
  }

  /** The state outlives us, as where an epoch ends: who still reads asks whoever comes next. */
  close(): void {
    for (const sequence of this.#pins.keys()) this.#dependencies.state.unpin(sequence);
    this.#pins.clear();
  }

  #onFetchNodes(from: ReplicaIndex, body: Uint8Array, nowMs: number): void {
    const { state, send, drops } = this.#dependencies;
    const fetch = fetchNodesCodec.tryDecode(body);
    if (fetch === undefined) {
      drops.add("fetch-malformed");
      return;
    }
    const pin = this.#pins.get(fetch.sequence);
    if (pin !== undefined) pin.askedMs = nowMs;
    else if (this.#pins.size < PIN_COUNT_MAX && state.pin(fetch.sequence)) {
      this.#pins.set(fetch.sequence, { sinceMs: nowMs, askedMs: nowMs });
    }
    send(from, FRAME.nodes, nodesCodec.encode(state.answerNodes(fetch)));
  }

  #onFetchRows(from: ReplicaIndex, body: Uint8Array): void {
    const { state, send, drops } = this.#dependencies;
    const fetch = fetchRowsCodec.tryDecode(body);
    if (fetch === undefined) drops.add("fetch-malformed");
    else send(from, FRAME.rows, rowsCodec.encode(state.answerRows(fetch)));
  }

  #budgetOf(from: ReplicaIndex, nowMs: number): TokenBucket {
    let budget = this.#budgets.get(from);
    if (budget === undefined) {
      budget = new TokenBucket(
        { perSecond: PEER_QUESTIONS_PER_SECOND, burst: PEER_QUESTIONS_BURST },
        nowMs,
      );
      this.#budgets.set(from, budget);
    }
    return budget;
  }
}
