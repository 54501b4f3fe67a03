import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Outcome } from "../run-seed.ts";

/** Outcomes, a JSON object a line, only ever appended to: a run that was ended goes on from it. */
export class ResultFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** What stands there; a line that was cut off by a crash is not counted. */
  read(): readonly Outcome[] {
    if (!existsSync(this.#path)) return [];
    return readFileSync(this.#path, "utf8")
      .split("\n")
      .flatMap((line) => parse(line) ?? []);
  }

  append(outcome: Outcome): void {
    appendFileSync(this.#path, `${JSON.stringify(outcome)}\n`);
  }
}

function parse(line: string): Outcome | undefined {
  try {
    const value = JSON.parse(line) as Partial<Outcome> | null;
    return typeof value?.seed === "number" && value.marks !== undefined
      ? (value as Outcome)
      : undefined;
  } catch {
    return undefined;
  }
}
