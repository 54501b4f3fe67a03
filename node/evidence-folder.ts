import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { toHex, utf8 } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";

/** Pieces kept of one liar: the first ones convict it, the thousandth adds nothing. */
const PIECES_PER_AUTHOR_MAX = 16;

/** Statements that contradict each other: portable, kept for ever, one file a piece. */
export class EvidenceFolder {
  readonly #folder: string;
  readonly #counts = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const author = /^author-(\d+)-/.exec(name)?.[1];
      if (author !== undefined) this.#count(Number(author));
    }
  }

  keep(author: number, what: string, proofs: readonly Uint8Array[]): boolean {
    const number = this.#counts.get(author) ?? 0;
    if (number >= PIECES_PER_AUTHOR_MAX) return false;
    this.#count(author);
    const content = { format: 1, author, what, proofs: proofs.map(toHex) };
    const file = join(this.#folder, `author-${author}-${number}.json`);
    writeFileAtomically(file, utf8(`${JSON.stringify(content, undefined, 2)}\n`));
    return true;
  }

  #count(author: number): void {
    this.#counts.set(author, (this.#counts.get(author) ?? 0) + 1);
  }
}
