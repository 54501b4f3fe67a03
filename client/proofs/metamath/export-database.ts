import { toHex } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { writeDatabase } from "../../../proof/metamath/database-writer.ts";
import { DATABASE_BUDGET } from "../../../proof/metamath/metamath-1.ts";
import { clusterSource } from "../cluster-source.ts";
import type { ProofReader } from "../cluster-source.ts";
import { LOOKUPS_AT_ONCE } from "../limits.ts";
import { proofSetOf } from "../statements.ts";
import { askUntilHad } from "./ask-until-had.ts";
import type { Pause } from "./ask-until-had.ts";
import { CheckedPages, incomplete } from "./checked-pages.ts";
import type { Claimed } from "./checked-pages.ts";
import { KeptPages } from "./kept-pages.ts";
import { decodeManifest, manifestName } from "./manifest.ts";
import type { Labelled } from "./manifest.ts";

export interface ExportOptions {
  readonly namespace: string;
  readonly name: string;
  readonly onProgress: (done: number, total: number) => void;
  /** The text, in order; called once every proof in it is accepted here. */
  readonly onText: (part: string) => void;
  /** A file for what was fetched, so that who is interrupted goes on; none: it begins anew. */
  readonly keptFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Between two questions that were not answered; the clock's own when absent. */
  readonly pause?: Pause | undefined;
}

export interface Exported {
  readonly theorems: number;
  readonly axioms: number;
  /** Labels of what another label says already: they are left out. */
  readonly repeated: number;
}

/**
 * The database of this name, out of the cluster, every proof in it checked here on the way: each
 * rests on what was checked before it. A cluster that is busy or away for a while is asked again.
 * @throws QuorateError DATABASE_UNKNOWN, DATABASE_INCOMPLETE, DATABASE_UNREACHABLE
 */
export async function exportDatabase(
  client: ProofReader,
  options: ExportOptions,
): Promise<Exported> {
  const kept = options.keptFile === undefined ? undefined : new KeptPages(options.keptFile);
  try {
    const exported = await new ExportRun(client, options, kept).run();
    kept?.remove();
    return exported;
  } catch (error) {
    // What was fetched then does not do: who tries again begins anew.
    if (isIncomplete(error)) kept?.remove();
    else kept?.close();
    throw error;
  }
}

class ExportRun {
  readonly #client: ProofReader;
  readonly #options: ExportOptions;
  readonly #kept: KeptPages | undefined;
  readonly #pages = new CheckedPages();
  #done = 0;

  constructor(client: ProofReader, options: ExportOptions, kept: KeptPages | undefined) {
    this.#client = client;
    this.#options = options;
    this.#kept = kept;
  }

  async run(): Promise<Exported> {
    const { onProgress, onText } = this.#options;
    const labelled = await this.#manifest();
    const wanted = new Map<string, Labelled>();
    for (const one of labelled) {
      if (!wanted.has(toHex(one.key))) wanted.set(toHex(one.key), one);
    }
    const count = wanted.size;
    for (const claimed of this.#kept?.load() ?? []) {
      const key = toHex(claimed.key);
      if (wanted.get(key)?.label !== claimed.label) continue;
      wanted.delete(key);
      this.#pages.add(claimed);
    }
    this.#done = count - wanted.size;
    onProgress(this.#done, count);
    const rest = [...wanted.values()];
    for (let from = 0; from < rest.length; from += LOOKUPS_AT_ONCE) {
      await this.#fetch(rest.slice(from, from + LOOKUPS_AT_ONCE), count);
      onProgress(this.#done, count);
    }
    this.#pages.finish();
    const { pages } = this.#pages;
    const written = writeDatabase(pages, DATABASE_BUDGET, onText);
    const { name } = this.#options;
    if (written.status !== "accept") throw incomplete(name, `${written.status} ${written.reason}`);
    const axioms = pages.filter(({ proof }) => proof === undefined).length;
    return { theorems: pages.length - axioms, axioms, repeated: labelled.length - pages.length };
  }

  async #manifest(): Promise<readonly Labelled[]> {
    const { namespace, name } = this.#options;
    const [labelled] = await this.#ask([manifestName(name)], String, name, async (entry) => {
      const { signal } = this.#options;
      const read = await this.#client.get(namespace, entry, { signal });
      if (read.status === "miss") throw unknownDatabase(namespace, name);
      return decodeManifest(await read.value.read({ signal }));
    });
    if (labelled === undefined) throw unknownDatabase(namespace, name);
    return labelled;
  }

  async #fetch(some: readonly Labelled[], count: number): Promise<void> {
    const { namespace, name, signal } = this.#options;
    const source = clusterSource(this.#client, namespace);
    const what = `${name} after ${this.#done} of ${count} statements`;
    const labelOf = ({ label }: Labelled): string => label;
    const claims = await this.#ask(some, labelOf, what, async ({ label, key }) => {
      const found = await source.find(METAMATH_1, key, { signal });
      return found && claimOf({ label, key }, found.bytes);
    });
    for (const [index, claimed] of claims.entries()) {
      if (claimed === undefined) throw incomplete(some[index]!.label, "its entry is not there");
      this.#pages.add(claimed);
      this.#kept?.add(claimed);
      this.#done++;
    }
  }

  #ask<Item, Answer>(
    items: readonly Item[],
    nameOf: (item: Item) => string,
    what: string,
    ask: (item: Item) => Promise<Answer>,
  ): Promise<readonly Answer[]> {
    const { signal, pause, keptFile } = this.#options;
    const isKept = keptFile !== undefined;
    return askUntilHad(items, ask, { what, nameOf, isKept, signal, ...(pause && { pause }) });
  }
}

/** Undefined: no set of this obligation. Views into the bytes. */
function claimOf({ label, key }: Labelled, bytes: Uint8Array): Claimed | undefined {
  const set = proofSetOf(METAMATH_1, key, bytes);
  return set && { label, key, payload: set.payload.slice(), proofs: set.proofs };
}

function isIncomplete(error: unknown): boolean {
  return error instanceof QuorateError && error.code === "DATABASE_INCOMPLETE";
}

function unknownDatabase(namespace: string, name: string): QuorateError {
  return new QuorateError(
    "DATABASE_UNKNOWN",
    `no database "${name}" was imported into ${namespace}`,
    "name one that `quorate mm import` has brought to its end",
  );
}
