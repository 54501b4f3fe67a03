import { hash as digestOf } from "node:crypto";
import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { CacheTally } from "./cache-tally.ts";
import type {
  CacheCounts,
  CachedEntry,
  CachedValue,
  CacheTier,
  ValueWriter,
} from "./cache-tier.ts";
import { RECORD_BYTES_MAX, ROW_OVERHEAD_BYTES, VALUE_SHARE_MAX } from "./limits.ts";
import { valueMismatch } from "./cache-errors.ts";

type Slot =
  | { readonly kind: "entry"; readonly entry: CachedEntry; readonly charge: number }
  | { readonly kind: "value"; readonly value: CachedValue; readonly charge: number };

/**
 * L1. What lies here was verified when it came and cannot change, so a hit costs one look-up. The
 * map's own insertion order is the order of use: a hit moves its slot to the end.
 */
export class MemoryTier implements CacheTier {
  readonly #bytesMax: number;
  readonly #slots = new Map<string, Slot>();
  readonly #pins = new Map<string, number>();
  readonly #tally = new CacheTally();

  constructor(options: { readonly bytesMax: number }) {
    this.#bytesMax = options.bytesMax;
  }

  getEntry(location: Hash): CachedEntry | undefined {
    const slot = this.#use(nameOf("e", location));
    return slot?.kind === "entry" ? slot.entry : undefined;
  }

  putEntry(entry: CachedEntry): void {
    const charge = entry.record.length + ROW_OVERHEAD_BYTES;
    if (entry.record.length > RECORD_BYTES_MAX || charge > this.#bytesMax) {
      this.#tally.shed++;
      return;
    }
    this.#put(nameOf("e", entry.location), { kind: "entry", entry, charge });
  }

  dropEntry(location: Hash): void {
    this.#drop(nameOf("e", location));
  }

  getValue(digest: Hash): CachedValue | undefined {
    const slot = this.#use(nameOf("v", digest));
    return slot?.kind === "value" ? slot.value : undefined;
  }

  putValue(digest: Hash, bytes: Uint8Array): void {
    if (!this.#fits(bytes.length)) {
      this.#tally.shed++;
      return;
    }
    const value = heldValue(digest, bytes);
    const charge = bytes.length + ROW_OVERHEAD_BYTES;
    this.#put(nameOf("v", digest), { kind: "value", value, charge });
  }

  startValue(digest: Hash, size: number): Promise<ValueWriter | undefined> {
    if (this.#fits(size)) return Promise.resolve(this.#writer(digest, size));
    this.#tally.shed++;
    return Promise.resolve(undefined);
  }

  dropValue(digest: Hash): void {
    this.#drop(nameOf("v", digest));
  }

  pin(digest: Hash): void {
    const name = nameOf("v", digest);
    this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
  }

  unpin(digest: Hash): void {
    const name = nameOf("v", digest);
    const left = (this.#pins.get(name) ?? 0) - 1;
    if (left > 0) this.#pins.set(name, left);
    else this.#pins.delete(name);
    this.#evict();
  }

  counts(): CacheCounts {
    return this.#tally.counts();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#slots.clear();
    return Promise.resolve();
  }

  #fits(size: number): boolean {
    return size + ROW_OVERHEAD_BYTES <= this.#bytesMax * VALUE_SHARE_MAX;
  }

  #use(name: string): Slot | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      this.#tally.misses++;
      return undefined;
    }
    this.#tally.hits++;
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    return slot;
  }

  #put(name: string, slot: Slot): void {
    this.#drop(name);
    this.#slots.set(name, slot);
    this.#tally.add(slot.kind, { charge: slot.charge, plainCharge: slot.charge });
    this.#evict();
  }

  #drop(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    this.#tally.remove(slot.kind, { charge: slot.charge, plainCharge: slot.charge });
  }

  #evict(): void {
    if (this.#tally.bytes <= this.#bytesMax) return;
    for (const name of this.#slots.keys()) {
      if (this.#pins.has(name)) continue;
      this.#drop(name);
      this.#tally.evictions++;
      if (this.#tally.bytes <= this.#bytesMax) return;
    }
  }

  #writer(digest: Hash, size: number): ValueWriter {
    const parts: Uint8Array[] = [];
    let length = 0;
    return {
      write: (chunk) => {
        length += chunk.length;
        if (length <= size) parts.push(chunk.slice());
        return Promise.resolve();
      },
      commit: () => {
        const bytes = Buffer.concat(parts);
        const right = length === size && equalBytes(digestOf("sha256", bytes, "buffer"), digest);
        if (!right) return Promise.reject(valueMismatch(digest));
        this.putValue(digest, bytes);
        return Promise.resolve();
      },
      abort: () => Promise.resolve(),
    };
  }
}

/** A value that lies in memory whole. */
export function heldValue(digest: Hash, bytes: Uint8Array): CachedValue {
  return {
    digest,
    size: bytes.length,
    bytes,
    async *stream() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

function nameOf(space: "e" | "v", hash: Hash): string {
  return space + Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
}
