import { compareBytes, concatBytes, equalBytes, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { Digester, DigestResult, IncrementalHash, StartHash } from "../artifact-kind.ts";
import type { ArchiveRules } from "./archive-rules.ts";
import { CanonicalTar } from "./canonical-tar.ts";
import { Gunzip } from "./gunzip.ts";
import { Malformed } from "./malformed.ts";
import type { TarEntry } from "./tar-header.ts";

const NOT_CANONICAL = "the archive is not in canonical form";

/** Long names, replaced members and padding are known only behind them; nothing else waits. */
const LAG_BYTES_MAX = 256 * 1024;

interface Member {
  readonly entry: TarEntry;
  readonly content: Hash;
}

/**
 * Digest of a gzipped tar archive: of its members' paths, types, modes, targets and contents, in
 * the order of their paths. Two builders agree who made the same files, however they were
 * compressed and in whatever order a folder listed them. Only archives in canonical form
 * (canonical-tar.ts) have one, so what the digest leaves out has one fixed value.
 */
export class ArchiveDigester implements Digester {
  readonly #startHash: StartHash;
  readonly #gunzip: Gunzip;
  readonly #canonical: CanonicalTar;
  readonly #members: Member[] = [];
  #open: { readonly entry: TarEntry; readonly hash: IncrementalHash } | undefined;
  /** The archive's bytes that were not compared yet: of earlier pieces, and the piece at hand. */
  #lag: Uint8Array = new Uint8Array(0);
  #piece: Uint8Array = new Uint8Array(0);
  #reason: string | undefined;

  constructor(rules: ArchiveRules, startHash: StartHash) {
    this.#startHash = startHash;
    this.#canonical = new CanonicalTar(rules, {
      bytes: (expected) => this.#compare(expected),
      entry: (entry) => this.#begin(entry),
      content: (content) => this.#open!.hash.update(content),
    });
    this.#gunzip = new Gunzip((piece) => {
      this.#piece = piece;
      this.#canonical.push(piece);
      // The piece is valid during this call only.
      this.#lag = concatBytes(this.#lag, this.#piece);
      this.#piece = this.#piece.subarray(0, 0);
      if (this.#lag.length > LAG_BYTES_MAX) throw new Malformed(NOT_CANONICAL);
    });
  }

  update(chunk: Uint8Array): void {
    this.#try(() => this.#gunzip.push(chunk));
  }

  finish(): DigestResult {
    this.#try(() => {
      this.#gunzip.finish();
      this.#canonical.finish();
      if (this.#lag.length > 0) throw new Malformed(NOT_CANONICAL);
      this.#end();
    });
    if (this.#reason !== undefined) return { status: "refused", reason: this.#reason };
    return { status: "digest", digest: this.#digest() };
  }

  #try(work: () => void): void {
    if (this.#reason !== undefined) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#reason = error.message;
    }
  }

  /** @throws Malformed unless these are the archive's next bytes */
  #compare(expected: Uint8Array): void {
    const fromLag = Math.min(expected.length, this.#lag.length);
    const rest = expected.subarray(fromLag);
    const ahead = this.#piece.subarray(0, rest.length);
    // Content that was handed through is the piece itself, and needs no comparing.
    const isAlias = rest.buffer === ahead.buffer && rest.byteOffset === ahead.byteOffset;
    const isSame =
      ahead.length === rest.length &&
      equalBytes(expected.subarray(0, fromLag), this.#lag.subarray(0, fromLag)) &&
      (isAlias || equalBytes(rest, ahead));
    if (!isSame) throw new Malformed(NOT_CANONICAL);
    this.#lag = this.#lag.subarray(fromLag);
    this.#piece = this.#piece.subarray(rest.length);
  }

  #begin(entry: TarEntry): void {
    this.#end();
    this.#open = { entry, hash: this.#startHash() };
  }

  #end(): void {
    if (this.#open === undefined) return;
    const { entry, hash } = this.#open;
    this.#members.push({ entry, content: hash.finish() });
    this.#open = undefined;
  }

  #digest(): Hash {
    const paths = this.#members.map((member) => ({ member, path: utf8(member.entry.path) }));
    paths.sort((left, right) => compareBytes(left.path, right.path));
    const hash = this.#startHash();
    for (const { member, path } of paths) {
      const { entry, content } = member;
      const target = utf8(entry.target);
      hash.update(
        utf8(`${entry.type} ${entry.mode} ${entry.size} ${path.length} ${target.length} `),
      );
      hash.update(path);
      hash.update(target);
      hash.update(content);
    }
    return hash.finish();
  }
}
