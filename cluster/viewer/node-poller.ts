import type { Agent } from "node:http";
import { getBounded } from "../../base/host/get-bounded.ts";
import { parseMetrics } from "./metrics-text.ts";
import type { MetricLine } from "./metrics-text.ts";

export interface PolledNode {
  readonly name: string;
  /** Its `/metrics`. */
  readonly url: string;
  /** How a replica is reached; absent: as everybody is. */
  readonly agent?: Agent | undefined;
}

/** What one node said of itself at one moment. Counters grow; who shows them makes rates of them. */
export interface NodeSample {
  readonly name: string;
  /** Milliseconds since 1970, of the collector's clock. */
  readonly atMs: number;
  readonly values: Readonly<Record<string, number>>;
}

const POLL_MS = 1000;
const ANSWER_MS_MAX = 2000;
/** Some 20 kB are usual; a node that says a hundred times as much is not listened to. */
const ANSWER_LENGTH_MAX = 2 * 1024 * 1024;
/** Labels come from a node: so many values of one are shown, and no more are carried on. */
const VALUE_COUNT_MAX = 32;

/** By the name of a value that pages know: the metrics that add up to it. */
const SUMS: Readonly<Record<string, readonly string[]>> = {
  cpuSeconds: ["quorate_cpu_seconds", "quorate_gateway_cpu_seconds"],
  memoryBytes: ["quorate_memory_bytes", "quorate_gateway_memory_bytes"],
  diskBytes: ["quorate_disk_written_bytes", "quorate_gateway_disk_written_bytes"],
  frames: ["quorate_frames_sent_total", "quorate_frames_received_total"],
  hits: ["quorate_gateway_hits_total"],
  misses: ["quorate_gateway_misses_total"],
  puts: ["quorate_gateway_puts_total"],
};
/** Counted for each value of a label as well. */
const SPLIT: readonly (readonly [metric: string, label: string, name: string])[] = [
  ["quorate_gateway_hits_total", "level", "hits"],
  ["quorate_gateway_misses_total", "reason", "misses"],
  ["quorate_gateway_door_hits_total", "door", "door hits"],
  ["quorate_gateway_door_misses_total", "door", "door misses"],
];

/** Asks nodes for their metrics once a second, and hands on what pages show of them. */
export class NodePoller {
  readonly #nodes: () => readonly PolledNode[];
  readonly #onSamples: (samples: readonly NodeSample[]) => void;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Each round asks those who are there by then. */
  constructor(
    nodes: () => readonly PolledNode[],
    onSamples: (samples: readonly NodeSample[]) => void,
  ) {
    this.#nodes = nodes;
    this.#onSamples = onSamples;
    void this.#poll();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    const samples = await Promise.all(this.#nodes().map((node) => ask(node)));
    if (this.#closed) return;
    this.#onSamples(samples.filter((sample) => sample !== undefined));
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }
}

/** Undefined: it does not answer, and what it would have said is a gap in its curve. */
async function ask({ name, url, agent }: PolledNode): Promise<NodeSample | undefined> {
  if (agent !== undefined) {
    const bounds = { bytesMax: ANSWER_LENGTH_MAX, timeoutMs: ANSWER_MS_MAX };
    const body = await getBounded(url, bounds, agent);
    return body && { name, atMs: Date.now(), values: valuesOf(Buffer.from(body).toString()) };
  }
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: { connection: "close" },
    });
    const text = await boundedText(response);
    return text === undefined ? undefined : { name, atMs: Date.now(), values: valuesOf(text) };
  } catch {
    return undefined;
  }
}

async function boundedText({ ok, body }: Response): Promise<string | undefined> {
  if (!ok || body === null) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_LENGTH_MAX) return undefined;
  }
  return text;
}

export function valuesOf(text: string): Record<string, number> {
  const lines = parseMetrics(text);
  const values: Record<string, number> = {};
  for (const [name, metrics] of Object.entries(SUMS)) {
    const found = lines.filter((line) => metrics.includes(line.name));
    if (found.length > 0) values[name] = found.reduce((sum, { value }) => sum + value, 0);
  }
  for (const [metric, label, name] of SPLIT) {
    for (const line of lines) if (line.name === metric) addSplit(values, line, label, name);
  }
  return values;
}

function addSplit(
  values: Record<string, number>,
  { labels, value }: MetricLine,
  label: string,
  name: string,
): void {
  const text = labels[label];
  if (text === undefined) return;
  const key = `${name}:${text}`;
  if (values[key] === undefined && Object.keys(values).length >= VALUE_COUNT_MAX) return;
  values[key] = (values[key] ?? 0) + value;
}
