import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { toHex } from "../../base/bytes.ts";
import { NO_PINS } from "../../base/host/pinned-agent.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import { originOf, ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Hash, ReplicaIndex } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import { HTTP_BODY_STALL_MS_MAX, VALUE_FETCH_COUNT_MAX, VALUE_FETCH_QUEUE_MAX } from "../limits.ts";
import type { Figures } from "../metrics/figures.ts";
import type { BlobStore } from "./blob-store.ts";

export interface ValueFetcherDependencies {
  readonly blobs: BlobStore;
  readonly figures: Figures;
  readonly connectedPeers: () => readonly ReplicaIndex[];
  /** Of a peer's one listener. */
  readonly addressOf: (index: ReplicaIndex) => string;
  readonly pins?: Pins | undefined;
}

interface Wanted {
  readonly digest: Hash;
  readonly size: number;
  attempts: number;
}

/** Rounds over all peers before a value is given up until somebody wants it again. */
const ROUND_COUNT_MAX = 30;
const PAUSE_MS = 1_000;

/**
 * Fetches values that this replica keeps and does not hold: uploaded to the others only, missed
 * during a transfer, or damaged on disk. Off the path of agreement; nothing is believed that does
 * not hash to its name.
 */
export class ValueFetcher {
  readonly #dependencies: ValueFetcherDependencies;
  readonly #agents: ReplicaAgents;
  readonly #wanted = new Map<string, Wanted>();
  readonly #stop = new AbortController();
  #queue: Wanted[] = [];
  #running = 0;
  #nextPeer = 0;

  constructor(dependencies: ValueFetcherDependencies) {
    this.#dependencies = dependencies;
    const options = { keepAlive: true, maxSockets: VALUE_FETCH_COUNT_MAX };
    this.#agents = new ReplicaAgents(dependencies.pins ?? NO_PINS, options);
  }

  /** Values wanted and not here yet. */
  get count(): number {
    return this.#wanted.size;
  }

  want(digest: Hash, size: number): void {
    const text = keyText(digest);
    if (this.#wanted.has(text) || this.#dependencies.blobs.sizeOf(digest) !== undefined) return;
    if (this.#wanted.size >= VALUE_FETCH_QUEUE_MAX) {
      this.#dependencies.figures.drops.add("value-fetch-queue");
      return;
    }
    const wanted = { digest, size, attempts: 0 };
    this.#wanted.set(text, wanted);
    this.#queue.push(wanted);
    this.#proceed();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#queue = [];
    this.#agents.destroy();
    while (this.#running > 0) await delay(5);
  }

  #proceed(): void {
    while (this.#running < VALUE_FETCH_COUNT_MAX && !this.#stop.signal.aborted) {
      const wanted = this.#queue.shift();
      if (wanted === undefined) return;
      this.#running++;
      void this.#fetchOne(wanted).finally(() => {
        this.#running--;
        this.#proceed();
      });
    }
  }

  async #fetchOne(wanted: Wanted): Promise<void> {
    const { blobs, figures } = this.#dependencies;
    const peers = this.#dependencies.connectedPeers();
    for (let asked = 0; asked < peers.length; asked++) {
      if (blobs.sizeOf(wanted.digest) !== undefined) break;
      const peer = peers[this.#nextPeer++ % peers.length] as ReplicaIndex;
      if (await this.#fetchFrom(peer, wanted).catch(() => false)) {
        figures.valuesFetched++;
        break;
      }
      if (this.#stop.signal.aborted) return;
      figures.drops.add("value-fetch-failed");
    }
    if (blobs.sizeOf(wanted.digest) !== undefined || ++wanted.attempts >= ROUND_COUNT_MAX) {
      this.#wanted.delete(keyText(wanted.digest));
      return;
    }
    void delay(PAUSE_MS, undefined, { signal: this.#stop.signal }).then(
      () => {
        this.#queue.push(wanted);
        this.#proceed();
      },
      () => undefined,
    );
  }

  async #fetchFrom(peer: ReplicaIndex, { digest, size }: Wanted): Promise<boolean> {
    const response = await this.#request(peer, digest);
    if (response.statusCode !== 200 || Number(response.headers["content-length"]) !== size) {
      response.destroy();
      return false;
    }
    response.setTimeout(HTTP_BODY_STALL_MS_MAX, () => response.destroy());
    return this.#dependencies.blobs.receive(digest, size, response);
  }

  #request(peer: ReplicaIndex, digest: Hash): Promise<IncomingMessage> {
    const address = this.#dependencies.addressOf(peer);
    const url = `${originOf(address)}/blob/${toHex(digest)}`;
    const options = { agent: this.#agents.of(address), signal: this.#stop.signal };
    return new Promise((resolve, reject) => {
      const request = get(url, options, resolve);
      request.setTimeout(HTTP_BODY_STALL_MS_MAX, () => request.destroy());
      request.on("error", reject);
    });
  }
}
