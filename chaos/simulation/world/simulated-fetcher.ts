import type { Hash, ReplicaIndex } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { ValueFetcher } from "../../../node/host/value-fetcher.ts";
import { VALUE_FETCH_COUNT_MAX } from "../../../node/limits.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** An answer that has not come by then is asked of the next one, virtual milliseconds. */
const PATIENCE_MS = 1000;

interface Wanted {
  readonly digest: Hash;
  readonly size: number;
}

/**
 * Values from peers, as node/host/value-fetcher.ts gets them by HTTP: some at a time, of one peer
 * after another, and nothing is kept that does not hash to its name. Ends with the process.
 */
export class SimulatedFetcher implements Pick<ValueFetcher, "want" | "count"> {
  readonly #replica: SimulatedReplica;
  readonly #connectedPeers: () => readonly ReplicaIndex[];
  readonly #after: (delayMs: number, work: () => void) => void;
  readonly #wanted = new Map<string, Wanted>();
  readonly #asked = new Set<string>();
  #nextPeer = 0;

  constructor(
    replica: SimulatedReplica,
    loop: {
      readonly connectedPeers: () => readonly ReplicaIndex[];
      /** A timer of the process. */
      readonly after: (delayMs: number, work: () => void) => void;
    },
  ) {
    this.#replica = replica;
    this.#connectedPeers = loop.connectedPeers;
    this.#after = loop.after;
  }

  get count(): number {
    return this.#wanted.size;
  }

  want(digest: Hash, size: number): void {
    const text = keyText(digest);
    if (this.#wanted.has(text) || this.#replica.values.isKept(digest)) return;
    this.#wanted.set(text, { digest, size });
    this.#proceed();
  }

  #proceed(): void {
    for (const [text, wanted] of this.#wanted) {
      if (this.#asked.size >= VALUE_FETCH_COUNT_MAX) return;
      if (!this.#asked.has(text)) this.#ask(text, wanted);
    }
  }

  #ask(text: string, wanted: Wanted): void {
    this.#asked.add(text);
    const peers = this.#connectedPeers();
    const peer = peers[this.#nextPeer++ % Math.max(1, peers.length)];
    const { neighbours, network } = this.#replica.surroundings;
    const self = this.#replica;
    const { process } = self;
    // Numbers are those of its configuration, and others' may be left over from earlier ones.
    const other = neighbours().find(({ signer }) => process?.placeOf(signer) === peer);
    if (other !== undefined) {
      network.send(self.address, other.address, () => {
        const bytes = other.shownValue(wanted.digest);
        if (bytes === undefined) return;
        network.send(other.address, self.address, () => {
          if (process !== undefined) self.ifAlive(process, () => this.#arrived(wanted, bytes));
        });
      });
    }
    this.#after(PATIENCE_MS, () => {
      this.#asked.delete(text);
      this.#proceed();
    });
  }

  #arrived({ digest, size }: Wanted, bytes: Uint8Array): void {
    const { world } = this.#replica.surroundings;
    world.hash.bytes(bytes);
    if (!this.#replica.values.take(digest, size, bytes)) {
      world.mark("value: a wrong one refused");
      return;
    }
    if (this.#wanted.delete(keyText(digest))) world.mark("value: fetched from a peer");
    this.#proceed();
  }
}
