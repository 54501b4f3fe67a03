import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** The seed that shows a planted bug, and which checker sees it there. */
export interface Found {
  readonly name: string;
  readonly seed: number;
  readonly checker: string;
  /** From the first seed that was tried, this one included. */
  readonly seedsToFind: number;
}

/** A line of JSON for each find: what was found before the end of a long hunt is kept. */
export class FoundFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(): Found[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, "utf8").split("\n");
    return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Found]));
  }

  append(found: Found): void {
    appendFileSync(this.#path, `${JSON.stringify(found)}\n`);
  }
}
