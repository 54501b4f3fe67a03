import { fromHex, fromUtf8, toHex, utf8 } from "../../base/bytes.ts";
import { HLC_ZERO, hlcMax } from "../../base/hlc.ts";
import type { Epoch, Hash, Hlc, Sequence } from "../../base/types.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { STATE_SAVE_MS } from "../limits.ts";
import type { CancelAlarm, Sweep } from "../link/sweep.ts";
import type { ReaderClock } from "../link/reader-clock.ts";
import type { StateStorage } from "../platform/platform.ts";
import type { Floor } from "../read/floor.ts";

export interface RevocationPosition {
  readonly count: number;
  readonly head: Hash;
}

interface Kept {
  readonly served: number;
  readonly written: number;
  readonly highest: Hlc;
  readonly revocation: RevocationPosition | undefined;
  /** The links that were followed from genesis on. */
  readonly links: readonly Uint8Array[];
}

interface KeptParts {
  readonly floor: Floor;
  readonly clock: ReaderClock;
  readonly sweep: Sweep;
  readonly epochs: Epochs;
}

const GENESIS = 0 as Epoch;

/**
 * What a reader must not forget: its floor, the highest certified time it has seen, and how far it
 * has followed the revocation log. Loaded once, saved a moment after a change and at the end; what
 * another process saved meanwhile is only ever raised.
 */
export class KeptState {
  readonly #clusterId: Hash;
  readonly #storage: StateStorage;
  readonly #parts: KeptParts;
  #revocation: RevocationPosition | undefined;
  #alarm: CancelAlarm | undefined;
  #saved = "";

  constructor(
    options: { readonly clusterId: Hash; readonly storage: StateStorage },
    parts: KeptParts,
  ) {
    this.#clusterId = options.clusterId;
    this.#storage = options.storage;
    this.#parts = parts;
  }

  get revocation(): RevocationPosition | undefined {
    return this.#revocation;
  }

  set revocation(position: RevocationPosition) {
    this.#revocation = position;
  }

  async load(): Promise<void> {
    const kept = await this.#read();
    if (kept !== undefined) {
      this.#parts.floor.noteServed(kept.served as Sequence);
      this.#parts.floor.noteWritten(kept.written as Sequence);
      this.#parts.clock.observe(kept.highest);
      this.#revocation = kept.revocation;
      this.#parts.epochs.follow(kept.links, GENESIS);
    }
    this.#watch();
  }

  async close(): Promise<void> {
    this.#alarm?.();
    await this.#save();
  }

  #watch(): void {
    this.#alarm = this.#parts.sweep.after(STATE_SAVE_MS, () => {
      void this.#save();
      this.#watch();
    });
  }

  /** A state that cannot be saved is a weaker promise, not a failed read. */
  async #save(): Promise<void> {
    if (this.#encode(undefined) === this.#saved) return;
    const text = this.#encode(await this.#read());
    await this.#storage.save(utf8(text)).then(
      () => void (this.#saved = this.#encode(undefined)),
      () => undefined,
    );
  }

  #encode(other: Kept | undefined): string {
    const { floor, clock, epochs } = this.#parts;
    const own = epochs.linksFrom(GENESIS);
    const links = (other?.links.length ?? 0) > own.length ? (other?.links ?? []) : own;
    const revocation = this.#revocation;
    return JSON.stringify({
      format: 1,
      clusterId: toHex(this.#clusterId),
      served: Math.max(floor.served, other?.served ?? 0),
      written: Math.max(floor.session, other?.written ?? 0),
      highest: String(hlcMax(clock.highest, other?.highest ?? HLC_ZERO)),
      ...(links.length === 0 ? {} : { links: links.map(toHex) }),
      revocation: revocation && { count: revocation.count, head: toHex(revocation.head) },
    });
  }

  /** Undefined: nothing kept, of another cluster, or damaged; the reader begins anew. */
  async #read(): Promise<Kept | undefined> {
    const bytes = await this.#storage.load().catch(() => undefined);
    const text = bytes && fromUtf8(bytes);
    if (text === undefined) return undefined;
    try {
      const kept = JSON.parse(text) as Record<string, unknown>;
      if (kept["clusterId"] !== toHex(this.#clusterId)) return undefined;
      return {
        served: counterOf(kept["served"]),
        written: counterOf(kept["written"]),
        highest: timeOf(kept["highest"]),
        revocation: positionOf(kept["revocation"]),
        links: linksOf(kept["links"]),
      };
    } catch {
      return undefined;
    }
  }
}

function counterOf(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TypeError("not a counter");
}

function linksOf(value: unknown): readonly Uint8Array[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("not links");
  return value.map((text: unknown) => {
    const bytes = fromHex(String(text));
    if (bytes === undefined) throw new TypeError("not a link");
    return bytes;
  });
}

function timeOf(value: unknown): Hlc {
  if (/^\d{1,20}$/.test(String(value))) {
    const time = BigInt(String(value));
    if (time < 1n << 64n) return time as Hlc;
  }
  throw new TypeError("not a time");
}

function positionOf(value: unknown): RevocationPosition | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { count, head } = value as { readonly count?: unknown; readonly head?: unknown };
  const bytes = fromHex(String(head));
  if (bytes?.length !== 32) return undefined;
  return { count: counterOf(count), head: bytes as Hash };
}
