import { hlcAddMs, hlcNext } from "../../../base/hlc.ts";
import type { Prng } from "../../../base/prng.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { Hash, ReplicaIndex } from "../../../base/types.ts";
import { batchDigest } from "../../../consensus/hashing.ts";
import { batchCodec } from "../../../consensus/wire/agreement.ts";
import type { World } from "../world/world.ts";

export interface Alternative {
  readonly digest: Hash;
  readonly body: Uint8Array;
}

const SIDES_LAST_MS = 3000;

/**
 * What all liars of a run know together: whom they show which of two faces, and for each batch that
 * one of them proposed the other batch that half of the cluster is shown in its place.
 */
export class Conspiracy {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #hash: (bytes: Uint8Array) => Hash;
  readonly #alternatives = new Map<string, Alternative>();
  #sides: number[] = [];
  #sidesUntilMs = 0;

  constructor(world: World, hash: (bytes: Uint8Array) => Hash) {
    this.#world = world;
    this.#prng = world.streams.of("conspiracy");
    this.#hash = hash;
  }

  /** 0 or 1; now and then everybody is assigned anew. */
  sideOf(index: ReplicaIndex): number {
    if (this.#world.nowMs >= this.#sidesUntilMs) {
      this.#sidesUntilMs = this.#world.nowMs + SIDES_LAST_MS;
      this.#sides = Array.from({ length: 64 }, () => this.#prng.below(2));
    }
    return this.#sides[index] ?? 0;
  }

  alternativeOf(digest: Hash): Alternative | undefined {
    return this.#alternatives.get(keyText(digest));
  }

  /** Makes another batch of this one, that is as good: fewer items, or another time. */
  propose(body: Uint8Array): Alternative | undefined {
    const batch = batchCodec.tryDecode(body);
    if (batch === undefined) return undefined;
    const digest = batchDigest(this.#hash, body);
    const known = this.alternativeOf(digest);
    if (known !== undefined) return known;
    const fewer = this.#prng.chance(0.5) ? batch.items.slice(1) : batch.items;
    const other = batchCodec.encode({ proposedTime: hlcNext(batch.proposedTime), items: fewer });
    const alternative = { digest: batchDigest(this.#hash, other), body: other };
    this.#alternatives.set(keyText(digest), alternative);
    return alternative;
  }

  /** The same batch at another time. */
  redate(body: Uint8Array, byMs: number): Alternative | undefined {
    const batch = batchCodec.tryDecode(body);
    if (batch === undefined) return undefined;
    const time = hlcAddMs(batch.proposedTime, byMs);
    const other = batchCodec.encode({ proposedTime: time, items: batch.items });
    return { digest: batchDigest(this.#hash, other), body: other };
  }
}
