import { setTimeout as wait } from "node:timers/promises";
import { QuorateError } from "../../../base/quorate-error.ts";

export type Pause = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export interface Patience<Item> {
  /** For people: how far the whole is. */
  readonly what: string;
  readonly nameOf: (item: Item) => string;
  /** Whether who asks again goes on where this ended. */
  readonly isKept: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly pause?: Pause;
}

/** A cluster that is only busy, or changes its view, or starts again, answers within a minute. */
const ROUND_COUNT_MAX = 10;
const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 16_000;
/** As many names as a message holds. */
const NAMED_MAX = 3;

/** What another attempt may mend. */
const TRANSIENT: ReadonlySet<string> = new Set([
  ...["CLUSTER_UNREACHABLE", "NO_FRESH_CERTIFICATE", "NO_VALID_ANSWER", "VALUE_UNAVAILABLE"],
  "CLIENT_BUSY",
]);

/**
 * An answer for each item, asked all at once; those that the cluster could not answer just now are
 * asked again after a pause, which doubles while nothing comes: {@link ROUND_COUNT_MAX} rounds in
 * which not one item was answered are the end.
 * @throws QuorateError DATABASE_UNREACHABLE, and at once whatever is not transient
 */
export async function askUntilHad<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
  patience: Patience<Item>,
): Promise<readonly Answer[]> {
  const { signal, pause = pauseOf } = patience;
  const answers = new Map<Item, Answer>();
  let left = items;
  for (let fruitless = 0; ;) {
    signal?.throwIfAborted();
    const outcomes = await Promise.allSettled(left.map((item) => ask(item)));
    const failed: Item[] = [];
    let last: QuorateError | undefined;
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "fulfilled") answers.set(left[index]!, outcome.value);
      else {
        signal?.throwIfAborted();
        if (!isTransient(outcome.reason)) throw outcome.reason as Error;
        last = outcome.reason;
        failed.push(left[index]!);
      }
    }
    if (last === undefined) return items.map((item) => answers.get(item)!);
    fruitless = failed.length === left.length ? fruitless + 1 : 0;
    if (fruitless === ROUND_COUNT_MAX) throw unreachable(patience, failed, last);
    left = failed;
    await pause(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.max(0, fruitless - 1)), signal);
  }
}

async function pauseOf(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

function isTransient(error: unknown): error is QuorateError {
  return error instanceof QuorateError && TRANSIENT.has(error.code);
}

function unreachable<Item>(
  { what, nameOf, isKept }: Patience<Item>,
  failed: readonly Item[],
  last: QuorateError,
): QuorateError {
  const names = failed.slice(0, NAMED_MAX).map((item) => nameOf(item));
  const more = failed.length > NAMED_MAX ? ` and ${failed.length - NAMED_MAX} more` : "";
  return new QuorateError(
    "DATABASE_UNREACHABLE",
    `${what}: ${names.join(", ")}${more} not to be had in ${ROUND_COUNT_MAX} rounds (${last.code}: ${last.message})`,
    `look at the cluster with \`quorate status\`; the same command ${isKept ? "goes on where this ended" : "begins anew"}`,
    { cause: last },
  );
}
