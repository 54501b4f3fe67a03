import { setTimeout as pause } from "node:timers/promises";
import type { Hash } from "../../../base/types.ts";
import type { Theory } from "../../../proof/frame/theory.ts";
import { decodeRecord } from "../proof-record.ts";
import type { RecordSource, SourcedRecord } from "../tiers/record-source.ts";
import { askPeer } from "./ask-peer.ts";
import type { PeerQuestion } from "./ask-peer.ts";
import { PEER_HEDGE_MS, PEERS_ASKED_MAX } from "./limits.ts";

/** Other gateways: asked a short while after one another, judged as they answer. */
export class PeerSource implements RecordSource {
  readonly #peers: () => readonly string[];
  readonly #hops: 0 | 1;
  /** Answers that could not be had or read, by peer. */
  readonly faults = new Map<string, number>();

  /** `hops` 1: the asked ones may ask their own peers once. */
  constructor(peers: readonly string[] | (() => readonly string[]), hops: 0 | 1 = 1) {
    this.#peers = typeof peers === "function" ? peers : () => peers;
    this.#hops = hops;
  }

  async *records(key: Hash, signal: AbortSignal, theory?: Theory): AsyncGenerator<SourcedRecord> {
    const question = { key, hops: this.#hops, theory };
    const ends = new AbortController();
    const both = AbortSignal.any([signal, ends.signal]);
    const asks = this.#peers()
      .slice(0, PEERS_ASKED_MAX)
      .map((peer, index) => this.#ask(peer, question, index * PEER_HEDGE_MS, both));
    try {
      for (const found of inOrderOfArrival(asks)) {
        const record = await found;
        if (record !== undefined) yield record;
      }
    } finally {
      ends.abort();
    }
  }

  async #ask(
    peer: string,
    question: PeerQuestion,
    afterMs: number,
    signal: AbortSignal,
  ): Promise<SourcedRecord | undefined> {
    try {
      if (afterMs > 0) await pause(afterMs, undefined, { signal });
      const bytes = await askPeer(peer, question, signal);
      if (bytes === undefined) return undefined;
      const record = decodeRecord(bytes);
      if (record !== undefined) return { record, from: `peer ${peer}` };
    } catch {
      if (signal.aborted) return undefined;
    }
    this.faults.set(peer, (this.faults.get(peer) ?? 0) + 1);
    return undefined;
  }
}

/** Promises that settle one after another, as the given ones do. These never reject. */
function inOrderOfArrival<T>(promises: readonly Promise<T>[]): readonly Promise<T>[] {
  const settle: ((value: T) => void)[] = [];
  const ordered = promises.map(() => new Promise<T>((resolve) => void settle.push(resolve)));
  let count = 0;
  for (const promise of promises) void promise.then((value) => settle[count++]?.(value));
  return ordered;
}
