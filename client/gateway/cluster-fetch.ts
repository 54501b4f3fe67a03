import { hash as digestOf } from "node:crypto";
import { equalBytes, toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { ENTRY_CONFIRMED } from "../../consensus/wire/rows.ts";
import type { ArtifactKind } from "../../proof/digest/artifact-kind.ts";
import { kindOf } from "../../proof/digest/registry.ts";
import type { CachedValue } from "../cache/cache-tier.ts";
import { heldValue } from "../cache/memory-tier.ts";
import type { Client, GetHit, Miss as ClientMiss, ReadValue } from "../types.ts";
import type { ClusterLink } from "./cluster-link.ts";
import type { Counts } from "./counts.ts";
import type { EntryRecord } from "./entry-record.ts";
import { digestInTurns, inTurns } from "./in-turns.ts";
import { LOOKUP_COUNT_MAX, WHOLE_BODY_BYTES_MAX, WITHDRAWN_COUNT_MAX } from "./limits.ts";
import type { LocalStore } from "./local-store.ts";
import type { Certainty, ExistsOutcome, GetOutcome, Miss, MissReason } from "./outcome.ts";
import type { DoorRoute } from "./route.ts";
import { startHash } from "./stream-hash.ts";
import { withDeadline } from "./with-deadline.ts";

export interface FetchOptions {
  readonly deadlineMs: number;
  readonly allowStale: boolean;
}

const MISS_OF_CODE: Readonly<Record<string, MissReason>> = {
  CLUSTER_UNREACHABLE: "unreachable",
  NOT_SENT: "unreachable",
  NO_FRESH_CERTIFICATE: "no-quorum",
  NO_VALID_ANSWER: "no-quorum",
  DEADLINE_EXCEEDED: "deadline",
  ABORTED: "deadline",
  CLIENT_BUSY: "busy",
  VALUE_UNAVAILABLE: "refused",
};

/** One for all: the error that `abort` would make, stack and all, took 5 % of a cold lookup. */
const LOOKUP_IS_OVER = new Error("the lookup is over");

/**
 * Asks the cluster for what lies neither in memory nor on disk. Every failure is a miss with a
 * reason. What comes is checked once more against its kind, rewritten, and kept.
 */
export class ClusterFetch {
  readonly #link: ClusterLink;
  readonly #store: LocalStore;
  readonly #counts: Counts;
  readonly #options: FetchOptions;
  /** Look-ups under way, by location; true once the log named the entry meanwhile. */
  readonly #revoked = new Map<string, boolean>();
  /** Withdrawn through this gateway: no replica that has not executed it is believed. */
  readonly #withdrawn = new Set<string>();
  #underWay = 0;

  constructor(
    options: FetchOptions,
    dependencies: {
      readonly link: ClusterLink;
      readonly store: LocalStore;
      readonly counts: Counts;
    },
  ) {
    this.#options = options;
    this.#link = dependencies.link;
    this.#store = dependencies.store;
    this.#counts = dependencies.counts;
  }

  noteRevoked(location: Hash): void {
    const name = toHex(location);
    if (this.#revoked.has(name)) this.#revoked.set(name, true);
  }

  noteWithdrawn(location: Hash): void {
    this.noteRevoked(location);
    // Forgetting the oldest costs a read that is as old as `certified` allows.
    if (this.#withdrawn.size >= WITHDRAWN_COUNT_MAX) {
      for (const oldest of this.#withdrawn) {
        this.#withdrawn.delete(oldest);
        break;
      }
    }
    this.#withdrawn.add(toHex(location));
  }

  get(route: DoorRoute): Promise<GetOutcome> {
    return this.#guarded(route, (client, signal) => this.#get(client, route, signal));
  }

  exists(route: DoorRoute): Promise<ExistsOutcome> {
    return this.#guarded(route, async (client, signal): Promise<ExistsOutcome> => {
      const result = await client.stat(
        route.namespace,
        route.name,
        this.#readOptions(route, signal),
      );
      if (result.status === "miss") return miss(missReason(result));
      if (!mayServe(route, result.entry)) return this.#refuse("foreign-entry");
      const certainty = certaintyOf(result.freshness.stale);
      return { status: "hit", certainty, size: result.entry.size };
    });
  }

  async #guarded<T>(
    route: DoorRoute,
    ask: (client: Client, signal: AbortSignal) => Promise<T | Miss>,
  ): Promise<T | Miss> {
    const client = this.#link.client;
    if (client === undefined || !this.#link.isReachable()) return miss("unreachable");
    if (this.#underWay >= LOOKUP_COUNT_MAX) return miss("busy");
    const name = toHex(route.location);
    const ends = new AbortController();
    this.#underWay++;
    this.#revoked.set(name, this.#revoked.get(name) ?? false);
    try {
      const outcome = ask(client, ends.signal);
      return await withDeadline(outcome, this.#options.deadlineMs, miss("deadline"));
    } catch (error) {
      return miss(reasonOf(error));
    } finally {
      ends.abort(LOOKUP_IS_OVER);
      this.#underWay--;
      if (this.#underWay === 0) this.#revoked.clear();
    }
  }

  async #get(client: Client, route: DoorRoute, signal: AbortSignal): Promise<GetOutcome> {
    const followed = this.#link.followedSequence();
    const result = await client.get(route.namespace, route.name, this.#readOptions(route, signal));
    if (result.status === "miss") return miss(missReason(result));
    const kind = kindOf(result.entry.kind);
    if (kind === undefined) return this.#refuse("unknown-kind");
    if (!mayServe(route, result.entry)) return this.#refuse("foreign-entry");
    // An answer older than the followed log may name what the log has already revoked.
    const mayKeep = (): boolean =>
      result.sequence >= followed && this.#revoked.get(toHex(route.location)) !== true;
    if (result.entry.size > WHOLE_BODY_BYTES_MAX) {
      return this.#streamed(route, result, kind, mayKeep);
    }
    const bytes = result.value.bytes ?? (await result.value.read({ signal }));
    const judged = await digestInTurns(kind, bytes);
    if (judged.status === "refused") return this.#refuse("malformed-value");
    if (!equalBytes(judged.digest, result.entry.semanticDigest)) {
      return this.#refuse("wrong-semantic-digest");
    }
    const served = rewriteWhole(kind, bytes);
    const digest =
      served === bytes
        ? result.entry.valueDigest
        : (new Uint8Array(digestOf("sha256", served, "buffer")) as Hash);
    if (mayKeep() && !result.freshness.stale) {
      this.#store.keepBytes(digest, served);
      this.#store.keep(route.location, recordOf(result.entry), { digest, size: served.length });
    }
    return this.#hit(result, heldValue(digest, served));
  }

  /** Too large for memory: checked, rewritten and kept while it passes through. */
  #streamed(
    route: DoorRoute,
    result: GetHit,
    kind: ArtifactKind,
    mayKeep: () => boolean,
  ): GetOutcome {
    const { entry } = result;
    const store = this.#store;
    const counts = this.#counts;
    const source = result.value;
    const stream = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      // Only bytes that are in the rewritten form already have the digest announced here.
      const writer = result.freshness.stale
        ? undefined
        : await store.startValue(entry.valueDigest, entry.size);
      let kept = false;
      try {
        let last: Uint8Array | undefined;
        for await (const chunk of checkedStream(source, kind, entry, counts)) {
          await writer?.write(chunk);
          if (last !== undefined) yield last;
          last = chunk;
        }
        // Before the last chunk: who has the whole value finds it on disk the next time.
        if (writer !== undefined && mayKeep()) {
          kept = true;
          await writer.commit().then(
            () => store.keep(route.location, recordOf(entry), keptAs(entry)),
            () => undefined,
          );
        }
        if (last !== undefined) yield last;
      } finally {
        if (!kept) await writer?.abort();
      }
    };
    return this.#hit(result, {
      digest: entry.valueDigest,
      size: entry.size,
      bytes: undefined,
      stream,
    });
  }

  #hit(result: GetHit, value: CachedValue): GetOutcome {
    const certainty = certaintyOf(result.freshness.stale);
    return { status: "hit", level: "cluster", certainty, size: value.size, value };
  }

  #refuse(reason: string): Miss {
    this.#counts.refusal(reason);
    return { ...miss("refused"), detail: reason };
  }

  #readOptions(
    route: DoorRoute,
    signal: AbortSignal,
  ): {
    kind: "certified" | "session";
    allowStale: boolean;
    deadlineMs: number;
    signal: AbortSignal;
  } {
    const { allowStale, deadlineMs } = this.#options;
    const kind = this.#withdrawn.has(toHex(route.location)) ? "session" : "certified";
    return { kind, allowStale, deadlineMs, signal };
  }
}

/** Whether what lies under a key is what its door's paths stand for. */
export function mayServe(
  { form, contentDigest }: DoorRoute,
  entry: { readonly kind: string; readonly semanticDigest: Hash },
): boolean {
  if (form.kinds?.has(entry.kind) === false) return false;
  return contentDigest === undefined || equalBytes(contentDigest, entry.semanticDigest);
}

/** The last chunk is withheld until the semantic digest holds; rewritten on the way. */
async function* checkedStream(
  source: ReadValue,
  kind: ArtifactKind,
  entry: EntryRow,
  counts: Counts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = kind.startDigest(startHash);
  const rewriter = kind.startRewrite?.();
  let held: Uint8Array | undefined;
  for await (const chunk of source.stream()) {
    await inTurns(kind, chunk, (slice) => digester.update(slice));
    const rewritten = rewriter === undefined ? chunk : rewriter.update(chunk);
    if (held !== undefined) yield held;
    held = rewritten;
  }
  const judged = digester.finish();
  if (judged.status === "refused" || !equalBytes(judged.digest, entry.semanticDigest)) {
    counts.refusal("wrong-semantic-digest");
    throw new QuorateError(
      "VALUE_REFUSED",
      "the value does not mean what its entry says",
      "nothing: it was withheld; the gateway's counters name it",
    );
  }
  if (held !== undefined) yield held;
  const rest = rewriter?.finish();
  if (rest !== undefined && rest.length > 0) yield rest;
}

export function recordOf(entry: EntryRow): EntryRecord {
  return {
    certified: true,
    kind: entry.kind,
    semanticDigest: entry.semanticDigest,
    certifiedDigest: entry.valueDigest,
    version: entry.version,
    expiryMs: entry.expiry === undefined ? 0 : hlcMs(entry.expiry),
  };
}

function keptAs(entry: EntryRow): { readonly digest: Hash; readonly size: number } {
  return { digest: entry.valueDigest, size: entry.size };
}

function rewriteWhole(kind: ArtifactKind, bytes: Uint8Array): Uint8Array {
  const rewriter = kind.startRewrite?.();
  if (rewriter === undefined) return bytes;
  const rewritten = new Uint8Array(Buffer.concat([rewriter.update(bytes), rewriter.finish()]));
  return equalBytes(rewritten, bytes) ? bytes : rewritten;
}

function certaintyOf(stale: boolean): Certainty {
  return stale ? "stale" : "certified";
}

export function miss(reason: MissReason): Miss {
  return { status: "miss", reason };
}

function missReason(result: ClientMiss): MissReason {
  if (result.row === undefined) return "absent";
  return result.row.state === ENTRY_CONFIRMED ? "expired" : "not-confirmed";
}

function reasonOf(error: unknown): MissReason {
  const code = error instanceof QuorateError ? error.code : "";
  return MISS_OF_CODE[code] ?? "failed";
}
