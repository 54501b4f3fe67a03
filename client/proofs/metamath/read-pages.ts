import { Worker } from "node:worker_threads";
import type { Refused } from "../../../proof/frame/check-result.ts";
import { readDatabase } from "../../../proof/metamath/database.ts";
import type { Database } from "../../../proof/metamath/database.ts";
import { DATABASE_BUDGET } from "../../../proof/metamath/metamath-1.ts";
import { DatabasePages } from "./database-pages.ts";
import type { DatabasePage } from "./database-pages.ts";

/** As many as one write set holds. */
export const PAGES_AT_ONCE = 256;

/** Of the thread that reads a database: set.mm's takes some 350 MB. */
const HEAP_MEGABYTES = 512;

export type PagesWord =
  | { readonly type: "checked"; readonly bytes: number }
  | { readonly type: "refused"; readonly refused: Refused; readonly label: string | undefined }
  | { readonly type: "accepted"; readonly count: number }
  | {
      readonly type: "pages";
      readonly pages: readonly DatabasePage[];
      readonly isLast: boolean;
    };

export interface PagesOptions {
  readonly onChecked: (bytes: number) => void;
  readonly onAccepted: (count: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A proof in it does not hold; nothing of it is published. */
export class DatabaseRefused extends Error {
  readonly refused: Refused;
  readonly label: string | undefined;

  constructor(refused: Refused, label: string | undefined) {
    super(`${refused.status} ${refused.reason}`);
    this.name = "DatabaseRefused";
    this.refused = refused;
    this.label = label;
  }
}

/**
 * Reads a database on a thread of its own, checks every proof in it, and yields its pages in order,
 * {@link PAGES_AT_ONCE} at a time. @throws DatabaseRefused
 */
export async function* readPages(
  source: Uint8Array<ArrayBuffer>,
  options: PagesOptions,
): AsyncGenerator<readonly DatabasePage[], void, undefined> {
  if (import.meta.url.endsWith(".ts")) {
    yield* pagesInProcess(source, options);
    return;
  }
  const worker = new Worker(new URL("./pages-worker.js", import.meta.url), {
    workerData: source,
    transferList: [source.buffer],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  try {
    const accepted = await nextWord(worker, options);
    if (accepted.type !== "accepted") throw new Error("pages come when they are asked for");
    options.onAccepted(accepted.count);
    for (;;) {
      const answer = nextWord(worker, options);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage("more");
      const word = await answer;
      if (word.type !== "pages") throw new Error("pages were asked for");
      if (word.pages.length > 0) yield word.pages;
      if (word.isLast) return;
    }
  } finally {
    await worker.terminate();
  }
}

/** Node runs no TypeScript: from sources there is no thread. */
function* pagesInProcess(
  source: Uint8Array,
  { onChecked, onAccepted }: PagesOptions,
): Generator<readonly DatabasePage[]> {
  const database = acceptedDatabase(source, onChecked);
  onAccepted([...database.assertions()].length);
  yield* inGroups(new DatabasePages(database));
}

/** Every proof in it holds. @throws DatabaseRefused for the first that does not */
export function acceptedDatabase(
  source: Uint8Array,
  onProgress: (bytes: number) => void,
): Database {
  let first: DatabaseRefused | undefined;
  const { result } = readDatabase(source, DATABASE_BUDGET, {
    onRefused: ({ refused, label }) => (first ??= new DatabaseRefused(refused, label)),
    onProgress,
  });
  if (result.status !== "accept") throw new DatabaseRefused(result, undefined);
  if (first !== undefined) throw first;
  return result.value;
}

export function* inGroups(pages: Iterable<DatabasePage>): Generator<readonly DatabasePage[]> {
  let group: DatabasePage[] = [];
  for (const page of pages) {
    group.push(page);
    if (group.length < PAGES_AT_ONCE) continue;
    yield group;
    group = [];
  }
  yield group;
}

/** Progress apart. */
function nextWord(worker: Worker, { onChecked, signal }: PagesOptions): Promise<PagesWord> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      worker.off("message", onWord);
      worker.off("error", onError);
      signal?.removeEventListener("abort", onAbort);
    };
    const onError = (error: Error): void => {
      end();
      reject(error);
    };
    const onAbort = (): void => onError(signal?.reason as Error);
    const onWord = (word: PagesWord): void => {
      if (word.type === "checked") return onChecked(word.bytes);
      end();
      if (word.type === "refused") reject(new DatabaseRefused(word.refused, word.label));
      else resolve(word);
    };
    worker.on("message", onWord);
    worker.on("error", onError);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted === true) onAbort();
  });
}
