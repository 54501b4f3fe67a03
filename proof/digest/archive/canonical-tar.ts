import { concatBytes } from "../../../base/bytes.ts";
import type { ArchiveRules, Replacement } from "./archive-rules.ts";
import { Malformed } from "./malformed.ts";
import { BLOCK_SIZE, paddedSize, writeHeader } from "./tar-header.ts";
import type { TarEntry } from "./tar-header.ts";
import { TarReader } from "./tar-reader.ts";

/** Pieces are valid during the call only, and those of content may alias what was pushed. */
export interface CanonicalVisitor {
  /** The archive's next bytes. */
  bytes(piece: Uint8Array): void;
  /** A member begins; its content follows. */
  entry?(entry: TarEntry): void;
  content?(piece: Uint8Array): void;
}

/**
 * Rewrites a tool's archive, in pieces, into the one form that the digester of its kind accepts:
 * fixed owner and time, one way to write long names, replaced members. What it hands out may be
 * longer or shorter than what it got.
 */
export class CanonicalTar {
  readonly #rules: ArchiveRules;
  readonly #visitor: CanonicalVisitor;
  readonly #reader: TarReader;
  readonly #missing: Set<string>;
  #open: TarEntry | undefined;
  #replacement: Replacement | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredSize = 0;

  constructor(rules: ArchiveRules, visitor: CanonicalVisitor) {
    this.#rules = rules;
    this.#visitor = visitor;
    this.#missing = new Set(rules.required);
    this.#reader = new TarReader({
      entry: (entry) => this.#begin(entry),
      content: (piece) => this.#content(piece),
    });
  }

  /** @throws Malformed */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** Once, at the end. @throws Malformed */
  finish(): void {
    this.#reader.finish();
    this.#end();
    if (this.#missing.size > 0) throw new Malformed("a member that the tool needs is missing");
    this.#visitor.bytes(new Uint8Array(2 * BLOCK_SIZE));
  }

  #begin(entry: TarEntry): void {
    this.#end();
    this.#open = entry;
    this.#missing.delete(entry.path);
    this.#replacement = entry.type === "file" ? this.#rules.replaced.get(entry.path) : undefined;
    if (this.#replacement === undefined) this.#writeHead(entry);
  }

  #content(piece: Uint8Array): void {
    if (this.#replacement === undefined) return this.#writeContent(piece);
    const kept = piece.slice(0, Math.max(0, this.#replacement.bytesMax - this.#gatheredSize));
    this.#gathered.push(kept);
    this.#gatheredSize += kept.length;
  }

  #end(): void {
    const entry = this.#open;
    if (entry === undefined) return;
    let { size } = entry;
    if (this.#replacement !== undefined) {
      const content = this.#replacement.replace(concatBytes(...this.#gathered));
      this.#gathered = [];
      this.#gatheredSize = 0;
      size = content.length;
      this.#writeHead({ ...entry, size });
      this.#writeContent(content);
    }
    const padding = paddedSize(size) - size;
    if (padding > 0) this.#visitor.bytes(new Uint8Array(padding));
    this.#open = undefined;
  }

  #writeHead(entry: TarEntry): void {
    this.#visitor.entry?.(entry);
    this.#visitor.bytes(writeHeader(entry));
  }

  #writeContent(piece: Uint8Array): void {
    this.#visitor.content?.(piece);
    this.#visitor.bytes(piece);
  }
}
