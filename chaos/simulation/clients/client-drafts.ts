import { utf8 } from "../../../base/bytes.ts";
import type { Prng } from "../../../base/prng.ts";
import type { Hash } from "../../../base/types.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import { OPERATION_PUT, OPERATION_WITHDRAW } from "../../../consensus/wire/write-set.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import { KIND_IMMUTABLE, KIND_VERSIONED } from "../world/kinds.ts";

/** One operator's word is enough for fresh keys; shared ones need two that say the same. */
export const NAMESPACE_ALONE = "default";
export const NAMESPACE_PAIR = "pair";
const SHARED_KEY_COUNT = 3;
/** Immutable shared keys live so long before others take their place: agreed, withdrawn, disputed. */
const GENERATION_MS = 9_000;

/** A write that is not signed yet, and the bytes that it names. */
export interface Draft {
  readonly name: string;
  readonly write: Write;
  readonly value: Uint8Array | undefined;
}

/** What one client writes: keys of its own, and keys about which it agrees and differs with others. */
export class ClientDrafts {
  readonly #number: number;
  readonly #prng: Prng;
  readonly #hash: (bytes: Uint8Array) => Hash;
  /** Versions that it has seen of shared versioned keys. */
  readonly #versions = new Map<string, number>();
  /** Shared keys that it has put to, or withdrawn its word from. */
  readonly #words = new Map<string, "given" | "withdrawn">();
  #count = 0;

  constructor(
    number: number,
    by: { readonly prng: Prng; readonly hash: (bytes: Uint8Array) => Hash },
  ) {
    this.#number = number;
    this.#prng = by.prng;
    this.#hash = by.hash;
  }

  sawVersion(name: string, version: number): void {
    this.#versions.set(name, version);
  }

  counterName(): string {
    return `counter ${this.#prng.below(SHARED_KEY_COUNT)}`;
  }

  freshPut(): Draft {
    const name = `fresh ${this.#number} ${++this.#count}`;
    const inline = !this.#prng.chance(0.2);
    // Some end within the run, so that there is something to sweep.
    const ttlMs = this.#prng.chance(0.25) ? 1000 + this.#prng.below(9000) : 0;
    return this.#draft(name, KIND_IMMUTABLE, { succeeds: 0, inline, ttlMs });
  }

  /** Of a shared key there are two answers; who withdrew one has mostly found the other. */
  sharedPut(nowMs: number): Draft {
    const name = this.sharedName(nowMs);
    const isOther = this.#prng.chance(this.#words.get(name) === "withdrawn" ? 0.8 : 0.12);
    this.#words.set(name, "given");
    const shared = isOther ? "other" : "usual";
    return this.#draft(name, KIND_IMMUTABLE, { succeeds: 0, inline: true, shared });
  }

  sharedName(nowMs: number): string {
    const generation = Math.floor(nowMs / GENERATION_MS);
    return `shared ${generation}.${this.#prng.below(SHARED_KEY_COUNT)}`;
  }

  versionedPut(): Draft {
    const name = this.counterName();
    const succeeds = this.#versions.get(name) ?? 0;
    const shared = this.#prng.chance(0.35) ? "other" : "usual";
    return this.#draft(name, KIND_VERSIONED, { succeeds, inline: true, shared });
  }

  /** Mostly of its own word. */
  withdrawal(nowMs: number): Draft {
    const given = [...this.#words].flatMap(([name, word]) => (word === "given" ? [name] : []));
    const own = given[this.#prng.below(given.length)];
    const name = own !== undefined && this.#prng.chance(0.9) ? own : this.sharedName(nowMs);
    this.#words.set(name, "withdrawn");
    const draft = this.#draft(name, KIND_IMMUTABLE, {
      succeeds: 0,
      inline: false,
      shared: "usual",
    });
    const write: Write = {
      ...draft.write,
      operation: OPERATION_WITHDRAW,
      kind: "",
      valueDigest: undefined,
      semanticDigest: undefined,
      size: 0,
    };
    return { ...draft, write, value: undefined };
  }

  #draft(
    name: string,
    kind: string,
    {
      succeeds,
      inline,
      shared,
      ttlMs = 0,
    }: {
      readonly succeeds: number;
      readonly inline: boolean;
      readonly shared?: "usual" | "other";
      readonly ttlMs?: number;
    },
  ): Draft {
    const hash = this.#hash;
    const text =
      shared === undefined
        ? `${name} by ${this.#number} as ${this.#count} ${this.#prng.uint32()}`
        : `${name}: ${shared}`;
    const value = utf8(text);
    const digest = hash(value);
    const write: Write = {
      operation: OPERATION_PUT,
      namespace: shared === undefined ? NAMESPACE_ALONE : NAMESPACE_PAIR,
      key: keyOfName(hash, name),
      name,
      kind,
      valueDigest: digest,
      size: value.length,
      semanticDigest: digest,
      ttlMs,
      succeeds,
      inline,
      administration: new Uint8Array(0),
    };
    return { name, write, value };
  }
}
