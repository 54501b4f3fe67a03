import { get } from "node:http";
import { get as getSecurely } from "node:https";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { TLS_OPTIONS } from "../../base/host/pinned-agent.ts";

const POLL_MS = 100;
const ANSWER_MS_MAX = 2000;
const REASON_BYTES_MAX = 300;

/**
 * Undefined when the process behind the URL serves; else why not. Who answers is not asked: the
 * process is our own, and nothing follows from its word but a line on a terminal.
 */
export function askReady(url: string, signal?: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: ANSWER_MS_MAX, agent: false, signal } as const;
    const onResponse = (response: IncomingMessage): void => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text = (text + part).slice(0, REASON_BYTES_MAX);
      });
      response.on("error", () => resolve("connection lost"));
      response.on("end", () => {
        if (response.statusCode === 200) resolve(undefined);
        else resolve(text.trim() || `status ${response.statusCode}`);
      });
    };
    const request = url.startsWith("https:")
      ? getSecurely(url, { ...options, ...TLS_OPTIONS }, onResponse)
      : get(url, options, onResponse);
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", (error) => resolve(error.message || "no connection"));
  });
}

export interface ReadyQuestion {
  readonly name: string;
  readonly url: string;
}

export interface ReadyAnswers {
  /** Why each that is not ready is not, by name. */
  readonly missing: ReadonlyMap<string, string>;
}

/**
 * Asks all again and again until `enough` says yes, or the signal aborts, which is no error: the
 * answers then tell how far it came.
 */
export async function waitUntilReady(
  questions: readonly ReadyQuestion[],
  options: {
    readonly enough: (missing: ReadonlyMap<string, string>) => boolean;
    readonly signal: AbortSignal;
    readonly onAnswers?: (missing: ReadonlyMap<string, string>) => void;
  },
): Promise<ReadyAnswers> {
  const ready = new Set<string>();
  let missing: ReadonlyMap<string, string> = new Map(
    questions.map(({ name }) => [name, "not asked yet"]),
  );
  while (!options.signal.aborted) {
    const open = questions.filter(({ name }) => !ready.has(name));
    const answers = await Promise.all(
      open.map(async ({ name, url }) => [name, await askReady(url)] as const),
    );
    for (const [name, why] of answers) if (why === undefined) ready.add(name);
    missing = new Map(answers.flatMap(([name, why]) => (why === undefined ? [] : [[name, why]])));
    options.onAnswers?.(missing);
    if (options.enough(missing)) break;
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
  return { missing };
}
