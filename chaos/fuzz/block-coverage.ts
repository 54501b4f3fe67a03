import { Session } from "node:inspector";
import type { Profiler } from "node:inspector";

/** Which of our blocks have ever run, by the engine's own counters. */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Names of the blocks that ran since the last question and never before that. */
  takeNew(): readonly string[] {
    const found: string[] = [];
    const { result } = this.#post("Profiler.takePreciseCoverage") as {
      readonly result: readonly Profiler.ScriptCoverage[];
    };
    for (const script of result) {
      // Ours, and not this loop itself.
      if (script.url.includes("node_modules") || script.url.includes("/chaos/")) continue;
      if (!script.url.startsWith("file:") && !script.url.startsWith("/")) continue;
      for (const block of script.functions.flatMap(({ ranges }) => ranges)) {
        const name = `${script.url}:${block.startOffset}:${block.endOffset}`;
        if (block.count === 0 || this.#seen.has(name)) continue;
        this.#seen.add(name);
        found.push(name);
      }
    }
    return found;
  }

  get blockCount(): number {
    return this.#seen.size;
  }

  close(): void {
    this.#post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /** The session of one's own process answers at once. */
  #post(method: string, parameters?: object): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}
