import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { ENTRY_PENDING } from "../../consensus/wire/rows.ts";
import type { StatResult } from "../types.ts";
import { recordOf } from "./cluster-fetch.ts";
import type { ClusterLink } from "./cluster-link.ts";
import { sameMeaning } from "./entry-record.ts";
import type { Journal } from "./journal/journal.ts";
import type { Intent } from "./journal/journal-record.ts";
import { OWN_ASK_MS, OWN_ASKED_COUNT_MAX, OWN_MS_MAX } from "./limits.ts";
import type { Held, LocalStore } from "./local-store.ts";
import { routeOf } from "./route.ts";
import type { Route } from "./route.ts";
import type { WriterName } from "./writer-keys.ts";

/**
 * Entries that were put here and that the cluster does not serve (yet). One that waits in the
 * journal is `own`. Once it has left, it is own only while the cluster, asked every now and then,
 * has nothing to say under its key or still waits for other operators; and not for longer than
 * OWN_MS_MAX. So each becomes certified, gives way to what the cluster says, or ends.
 */
export class OwnEntries {
  readonly #store: LocalStore;
  readonly #journal: Journal;
  readonly #link: ClusterLink;
  /** When the cluster is asked again, by location. */
  readonly #nextAskMs = new Map<string, number>();
  readonly #settling = new Map<string, Promise<void>>();

  constructor(parts: {
    readonly store: LocalStore;
    readonly journal: Journal;
    readonly link: ClusterLink;
  }) {
    this.#store = parts.store;
    this.#journal = parts.journal;
    this.#link = parts.link;
  }

  /**
   * Whether an entry that is not certified may be served. Nobody waits for it: when a question to
   * the cluster is due, it is asked behind this answer and decides about the next.
   */
  serves(route: Route, { record }: Held, reader: WriterName): boolean {
    if (record.writer !== reader) return false;
    if (this.#journal.isWaiting(route.namespace, route.name)) return true;
    const nowMs = Date.now();
    if (record.expiryMs <= nowMs) return false;
    if ((this.#nextAskMs.get(toHex(route.location)) ?? 0) <= nowMs) void this.settle(route);
    return true;
  }

  /** The cluster has executed it: its life outside the journal begins, before that in it ends. */
  leaving(intent: Intent): void {
    const route = routeOf(intent.namespace, intent.name);
    const held = route && this.#ownOf(intent, route);
    if (route === undefined || held === undefined) return;
    const { entry, record } = held;
    this.#store.keep(
      route.location,
      { ...record, expiryMs: Date.now() + OWN_MS_MAX },
      { digest: entry.valueDigest, size: entry.size },
    );
  }

  /** It has left the journal: what the cluster says of it counts from now on. */
  published(intent: Intent): void {
    const route = routeOf(intent.namespace, intent.name);
    if (route !== undefined && this.#ownOf(intent, route) !== undefined) void this.settle(route);
  }

  /** The cluster will never serve it. */
  refuted(intent: Intent): void {
    const route = routeOf(intent.namespace, intent.name);
    if (route !== undefined && this.#ownOf(intent, route) !== undefined) {
      this.#store.drop(route.location);
    }
  }

  /** The revocation log names its key: there is something new to be asked. */
  noteRevoked(location: Hash): void {
    this.#nextAskMs.delete(toHex(location));
  }

  /** Asks the cluster; failure changes nothing. */
  settle(route: Route): Promise<void> {
    const name = toHex(route.location);
    const known = this.#settling.get(name);
    if (known !== undefined) return known;
    const settled = this.#ask(route)
      .catch(() => undefined)
      .finally(() => void this.#settling.delete(name));
    this.#settling.set(name, settled);
    return settled;
  }

  async #ask(route: Route): Promise<void> {
    // Forgetting all of it costs a question for each entry that is used again.
    if (this.#nextAskMs.size >= OWN_ASKED_COUNT_MAX) this.#nextAskMs.clear();
    this.#nextAskMs.set(toHex(route.location), Date.now() + OWN_ASK_MS);
    const { client } = this.#link;
    if (client === undefined || !this.#link.isReachable()) return;
    const before = this.#store.find(route.location);
    const now = await client.stat(route.namespace, route.name, { kind: "session" });
    const held = this.#store.find(route.location);
    if (before === undefined || held === undefined || held.record.certified) return;
    if (now.status === "hit" && means(held, now)) {
      const { valueDigest: digest, size } = held.entry;
      this.#store.keep(route.location, recordOf(now.entry), { digest, size });
      return;
    }
    // Something newer was put meanwhile: its publication will hear what the cluster says to it.
    if (this.#journal.isWaiting(route.namespace, route.name) || differ(before, held)) return;
    if (!isOpen(now)) this.#store.drop(route.location);
  }

  #ownOf(intent: Intent, route: Route): Held | undefined {
    const held = this.#store.find(route.location);
    if (held === undefined || held.record.certified) return undefined;
    if (held.record.writer !== intent.writer) return undefined;
    return equalBytes(held.entry.valueDigest, intent.digest) ? held : undefined;
  }
}

function means(held: Held, { entry }: { readonly entry: StatHitEntry }): boolean {
  return sameMeaning(held.record, entry.kind, entry.semanticDigest);
}

type StatHitEntry = Extract<StatResult, { readonly status: "hit" }>["entry"];

function differ(left: Held, right: Held): boolean {
  return !equalBytes(left.entry.valueDigest, right.entry.valueDigest);
}

/** The cluster serves nothing else under the key, and has not ended or withdrawn it either. */
function isOpen(now: StatResult): boolean {
  return now.status === "miss" && (now.row === undefined || now.row.state === ENTRY_PENDING);
}
