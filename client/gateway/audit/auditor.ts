import { readFile } from "node:fs/promises";
import { toHex } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { differenceOf } from "../../../proof/difference/difference.ts";
import type { Difference } from "../../../proof/difference/difference.ts";
import type { CachedValue } from "../../cache/cache-tier.ts";
import type { Client } from "../../types.ts";
import type { ReceivedBody } from "../body-reader.ts";
import { sameMeaning } from "../entry-record.ts";
import type { EntryRecord } from "../entry-record.ts";
import { AUDIT_ASK_COUNT_MAX, AUDIT_BYTES_MAX, AUDIT_COUNT_MAX } from "../limits.ts";
import type { DoorRoute, Route } from "../route.ts";
import { wholeValue } from "../whole-value.ts";
import type { AuditChoice } from "./audit-choice.ts";
import { CHOICE_MS } from "./audit-choice.ts";
import type { AuditLog } from "./audit-log.ts";
import type { AuditRecord } from "./audit-record.ts";

export interface AuditorParts {
  readonly choice: AuditChoice;
  readonly log: AuditLog;
  /** The certified bytes. */
  readonly valueOf: (digest: Hash) => CachedValue | undefined;
  readonly client: () => Client | undefined;
  readonly nowMs?: (() => number) | undefined;
}

export interface AuditCounts {
  /** Answered as a miss, so that the tool makes it again. */
  asked: number;
  agreed: number;
  differed: number;
  /** Asked for several times, and nothing came. */
  unanswered: number;
}

/** One key on its way: asked for so often; undefined once it is settled. */
interface Waiting {
  asked: number | undefined;
}

/**
 * Audit by re-execution: some hits are answered as misses, the tool makes the thing again, and what
 * it puts is compared with what was certified.
 *
 * 1. A key that was chosen is missed until its tool has put something under it, then served again:
 *    a build sees one answer, and pays once a day.
 * 2. What nobody puts is served again after AUDIT_ASK_COUNT_MAX questions.
 * 3. Only certified entries whose bytes are not named by the key, and whose makers should agree:
 *    ccache's manifests grow lawfully.
 */
export class Auditor {
  readonly counts: AuditCounts = { asked: 0, agreed: 0, differed: 0, unanswered: 0 };
  readonly #parts: AuditorParts;
  readonly #waiting = new Map<string, Waiting>();
  #day = 0;
  #comparing: Promise<void> = Promise.resolve();
  #comparisons = 0;

  constructor(parts: AuditorParts) {
    this.#parts = parts;
  }

  /** Whether this certified hit is to be a miss. Counted. */
  takes(route: DoorRoute, record: EntryRecord): boolean {
    if (!isAuditable(route, record)) return false;
    this.#turnDay();
    const name = toHex(route.location);
    const known = this.#waiting.get(name);
    if (known !== undefined) return this.#ask(known);
    if (this.#waiting.size >= AUDIT_COUNT_MAX) return false;
    if (!this.#parts.choice.isChosen(route.location, this.#now())) return false;
    const waiting: Waiting = { asked: 0 };
    this.#waiting.set(name, waiting);
    return this.#ask(waiting);
  }

  isWaiting(route: Route): boolean {
    if (this.#waiting.size === 0) return false;
    return this.#waiting.get(toHex(route.location))?.asked !== undefined;
  }

  /**
   * What a tool has put under a key that waits; afterwards it does not wait any more. The reason of
   * a difference is looked for behind the tool's back.
   */
  async settle(
    route: Route,
    held: { readonly record: EntryRecord; readonly valueDigest: Hash },
    body: ReceivedBody,
  ): Promise<"agreed" | "differed"> {
    const waiting = this.#waiting.get(toHex(route.location));
    if (waiting !== undefined) waiting.asked = undefined;
    const agreed = sameMeaning(held.record, body.kind, body.semanticDigest);
    if (agreed) this.counts.agreed++;
    else this.counts.differed++;
    const rebuilt = agreed ? undefined : await bytesOf(body);
    const record = recordOf(route, held, body, this.#now());
    if (agreed) await this.#parts.log.add({ ...record, outcome: "agreed" });
    else this.#compareLater(record, held, rebuilt);
    return agreed ? "agreed" : "differed";
  }

  /** Once what was put before is in the log. */
  async flush(): Promise<void> {
    await this.#comparing;
    await this.#parts.log.flush();
  }

  #ask(waiting: Waiting): boolean {
    if (waiting.asked === undefined) return false;
    if (waiting.asked >= AUDIT_ASK_COUNT_MAX) {
      waiting.asked = undefined;
      this.counts.unanswered++;
      return false;
    }
    if (waiting.asked++ === 0) this.counts.asked++;
    return true;
  }

  /** One after another, each on a turn of its own; beyond a few only the fact is recorded. */
  #compareLater(
    record: Base,
    held: { readonly record: EntryRecord; readonly valueDigest: Hash },
    rebuilt: Uint8Array | undefined,
  ): void {
    const bytes = this.#comparisons < COMPARISON_COUNT_MAX ? rebuilt : undefined;
    this.#comparisons++;
    this.#comparing = this.#comparing
      .then(() => this.#compare(record, held, bytes))
      .catch(() => undefined)
      .finally(() => void this.#comparisons--);
  }

  async #compare(
    record: Base,
    held: { readonly record: EntryRecord; readonly valueDigest: Hash },
    rebuilt: Uint8Array | undefined,
  ): Promise<void> {
    const value = this.#parts.valueOf(held.valueDigest);
    const certified = value && (await wholeValue(value, AUDIT_BYTES_MAX).catch(() => undefined));
    await new Promise((resolve) => setImmediate(resolve));
    const difference: Difference =
      certified === undefined || rebuilt === undefined
        ? { cause: undefined, findings: [] }
        : differenceOf(held.record.kind, certified, rebuilt);
    const vouched = await this.#whoVouched(record);
    const { cause, findings } = difference;
    await this.#parts.log.add({ ...record, ...vouched, outcome: "differs", cause, findings });
  }

  async #whoVouched(record: Base): Promise<{ writer?: string; operator?: string }> {
    const stat = this.#parts.client()?.stat(record.namespace, record.key, { deadlineMs: 2_000 });
    const found = await stat?.catch(() => undefined);
    if (found?.status !== "hit") return {};
    return { writer: toHex(found.entry.writer), operator: found.entry.operator };
  }

  #now(): number {
    return (this.#parts.nowMs ?? Date.now)();
  }

  #turnDay(): void {
    const today = Math.floor(this.#now() / CHOICE_MS);
    if (this.#day === today) return;
    this.#day = today;
    this.#waiting.clear();
  }
}

/** Differences whose bytes are held at once. */
const COMPARISON_COUNT_MAX = 8;

type Base = Omit<AuditRecord, "outcome" | "cause" | "findings">;

const NOT_AUDITED: ReadonlySet<string> = new Set(["ccache-manifest/1", "nix-narinfo/1"]);

function isAuditable(route: DoorRoute, record: EntryRecord): boolean {
  return route.contentDigest === undefined && !NOT_AUDITED.has(record.kind);
}

async function bytesOf(body: ReceivedBody): Promise<Uint8Array | undefined> {
  if (body.size > AUDIT_BYTES_MAX) return undefined;
  if (body.bytes !== undefined || body.path === undefined) return body.bytes;
  return readFile(body.path).catch(() => undefined);
}

function recordOf(
  route: Route,
  held: { readonly record: EntryRecord; readonly valueDigest: Hash },
  body: ReceivedBody,
  nowMs: number,
): Base {
  return {
    atMs: nowMs,
    namespace: route.namespace,
    key: route.name,
    kind: held.record.kind,
    certified: toHex(held.record.semanticDigest),
    rebuilt: toHex(body.semanticDigest),
  };
}
