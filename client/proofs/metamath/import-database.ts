import { equalBytes, toHex } from "../../../base/bytes.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Client, PutItem, WriteResult } from "../../types.ts";
import { invariant } from "../../../base/assert.ts";
import { decodeProofSet } from "../../../proof/admission/proof-set.ts";
import { LOOKUPS_AT_ONCE } from "../limits.ts";
import { publishProofs } from "../publish-proofs.ts";
import type { NewProof } from "../publish-proofs.ts";
import type { DatabasePage } from "./database-pages.ts";
import { decodeManifest, encodeManifest, manifestName } from "./manifest.ts";
import type { Labelled } from "./manifest.ts";
import { readPages } from "./read-pages.ts";

export interface ImportOptions {
  readonly namespace: string;
  /** The database's, in the cluster. */
  readonly name: string;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportProgress {
  /** Of the source, checked here. */
  readonly checkedBytes: number;
  /** Statements with all that they need: certified. */
  readonly done: number;
  /** 0: not known yet. */
  readonly total: number;
}

export interface Imported {
  readonly statements: number;
  /** Written now: Q replicas have checked each. */
  readonly published: number;
  /** There already. */
  readonly held: number;
  /** Say what another statement of the database says. */
  readonly repeated: number;
}

type Writing = Pick<Client, "get" | "stat" | "put" | "putMany">;

/** While one set is being executed the next are on their way; what they cite is waited for. */
const SETS_AT_ONCE = 3;
/** A set of theorems takes a second or two; a busy cluster many times that. */
const SET_DEADLINE_MS = 240_000;

/**
 * Checks a database here, publishes each axiom and theorem in it under its own key, and then the
 * list of its labels. What was published before is left as it is, so whoever is interrupted starts
 * again and goes on. @throws DatabaseRefused, QuorateError as `put`
 */
export async function importDatabase(
  client: Writing,
  source: Uint8Array<ArrayBuffer>,
  options: ImportOptions,
): Promise<Imported> {
  const run = new ImportRun(client, options);
  await run.loadManifest();
  const pages = readPages(source, {
    onChecked: (bytes) => run.checked(bytes),
    onAccepted: (count) => run.accepted(count),
    signal: options.signal,
  });
  for await (const some of pages) await run.add(some);
  return run.finish();
}

class ImportRun {
  readonly #client: Writing;
  readonly #options: ImportOptions;
  readonly #labelled: Labelled[] = [];
  readonly #known = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #progress: ImportProgress = { checkedBytes: 0, done: 0, total: 0 };
  #imported: Imported = { statements: 0, published: 0, held: 0, repeated: 0 };

  constructor(client: Writing, options: ImportOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** What an earlier import has brought to its end needs no second one. */
  async loadManifest(): Promise<void> {
    const { namespace, name } = this.#options;
    const read = await this.#client.get(namespace, manifestName(name));
    if (read.status === "miss") return;
    const labelled = decodeManifest(await read.value.read()) ?? [];
    for (const { key } of labelled) this.#known.add(toHex(key));
  }

  checked(bytes: number): void {
    this.#tell({ checkedBytes: bytes });
  }

  accepted(total: number): void {
    this.#tell({ total });
  }

  async add(pages: readonly DatabasePage[]): Promise<void> {
    let items: PutItem[] = [];
    for (const { label, key, page } of pages) {
      this.#options.signal?.throwIfAborted();
      this.#labelled.push({ label, key });
      if (page === undefined) this.#count({ repeated: 1 });
      else if (this.#known.has(toHex(key))) this.#count({ held: 1 });
      else if (page.type === "set") items.push(this.#itemOf(key, page));
      else {
        await this.#put(items);
        items = [];
        await this.#addWhenThere(page.proof);
      }
    }
    await this.#put(items);
  }

  async finish(): Promise<Imported> {
    await this.#settled();
    const { namespace, name } = this.#options;
    const manifest = encodeManifest(this.#labelled);
    await this.#client.put(namespace, manifestName(name), manifest, {
      deadlineMs: SET_DEADLINE_MS,
    });
    return { ...this.#imported, statements: this.#labelled.length };
  }

  #itemOf(
    key: Labelled["key"],
    page: { readonly value: Uint8Array; readonly meaning: Labelled["key"] },
  ): PutItem {
    const { namespace } = this.#options;
    return { namespace, key, value: page.value, kind: METAMATH_1, semanticDigest: page.meaning };
  }

  async #put(items: readonly PutItem[]): Promise<void> {
    if (items.length === 0) return;
    const before = [...this.#underWay];
    await this.#begin(async () => {
      const missing = await this.#missingOf(items);
      if (missing.length > 0) await this.#putSet(missing, before);
    });
  }

  /** Whoever goes on where an import was interrupted asks for less than it would send. */
  async #missingOf(items: readonly PutItem[]): Promise<readonly PutItem[]> {
    // Of an import that begins none is there: one question tells.
    if (!(await this.#isThere(items[0]!))) return items;
    const missing: PutItem[] = [];
    for (let from = 0; from < items.length; from += LOOKUPS_AT_ONCE) {
      const some = items.slice(from, from + LOOKUPS_AT_ONCE);
      const there = await Promise.all(some.map((item) => this.#isThere(item)));
      missing.push(...some.filter((_item, index) => !there[index]!));
    }
    this.#count({ held: items.length - missing.length });
    return missing;
  }

  /**
   * A proof of the same from the same axioms, which Q replicas have checked. Its bytes may be others:
   * they follow the order in which its database declares variables.
   */
  async #isThere({ namespace, key, semanticDigest }: PutItem): Promise<boolean> {
    const stat = await this.#client.stat(namespace, key);
    if (stat.status !== "hit" || stat.entry.kind !== METAMATH_1) return false;
    return semanticDigest !== undefined && equalBytes(stat.entry.semanticDigest, semanticDigest);
  }

  /** The set that it is added to is under way; what comes later may rest on the proof added. */
  async #addWhenThere(proof: NewProof): Promise<void> {
    const before = [...this.#underWay];
    await this.#begin(() => Promise.all(before).then(() => this.#addProofs([proof])));
  }

  async #begin(work: () => Promise<void>): Promise<void> {
    while (this.#underWay.size >= SETS_AT_ONCE) await Promise.race(this.#underWay);
    const running = work().finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
    // Whoever waits next hears of it; until then it is not unheard.
    running.catch(() => undefined);
  }

  async #putSet(items: readonly PutItem[], before: readonly Promise<void>[]): Promise<void> {
    const put = (): Promise<readonly PromiseSettledResult<WriteResult>[]> =>
      unlessAborted(
        this.#client.putMany(items, { deadlineMs: SET_DEADLINE_MS }),
        this.#options.signal,
      );
    let results = await put();
    if (results.some(isTooEarly)) {
      await Promise.all(before);
      results = await put();
    }
    const further: NewProof[] = [];
    for (const [index, result] of results.entries()) {
      if (result.status === "fulfilled") this.#count({ published: 1 });
      // There are proofs of it from other axioms; ours is added if it says more.
      else if (isStale(result.reason)) further.push(proofIn(items[index]!));
      else throw result.reason as Error;
    }
    await this.#addProofs(further);
  }

  async #addProofs(proofs: readonly NewProof[]): Promise<void> {
    const { namespace, signal } = this.#options;
    const options = { namespace, deadlineMs: SET_DEADLINE_MS };
    const publish = publishProofs(this.#client, proofs, options);
    for (const { outcome } of await unlessAborted(publish, signal)) {
      this.#count(outcome === "held" ? { held: 1 } : { published: 1 });
    }
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #count(by: Partial<Imported>): void {
    const { published, held, repeated } = this.#imported;
    this.#imported = {
      statements: 0,
      published: published + (by.published ?? 0),
      held: held + (by.held ?? 0),
      repeated: repeated + (by.repeated ?? 0),
    };
    const { published: one, held: two, repeated: three } = this.#imported;
    this.#tell({ done: one + two + three });
  }

  #tell(change: Partial<ImportProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress(this.#progress);
  }
}

/** Sets under way are left to their cluster: one listener for each, and not one for each write. */
async function unlessAborted<Answer>(
  work: Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  if (signal === undefined) return work;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function proofIn({ value }: PutItem): NewProof {
  const set = value instanceof Uint8Array ? decodeProofSet(value) : undefined;
  invariant(set?.status === "accept", "a page is a set of proofs");
  const { kind, payload, proofs } = set.value;
  const [first] = proofs;
  return { obligation: { kind, payload }, proof: first?.proof, axioms: first?.axioms ?? [] };
}

/**
 * Replicas wait a minute for what a proof cites. It is on its way here, and comes later than that
 * where they are very busy.
 */
function isTooEarly(result: PromiseSettledResult<unknown>): boolean {
  if (result.status === "fulfilled" || !(result.reason instanceof QuorateError)) return false;
  return result.reason.code === "PROOF_DEPENDENCY_MISSING";
}

function isStale(error: unknown): boolean {
  return error instanceof QuorateError && error.code === "STALE_VERSION";
}
