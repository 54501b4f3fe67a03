import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash, Hlc } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../../consensus/application.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import { REFUSAL_PROOF_DECLINED } from "../../consensus/execution/outcomes.ts";
import { OPERATION_PUT } from "../../consensus/wire/write-set.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import type { Digester } from "../../proof/digest/artifact-kind.ts";
import {
  AWAITED_BYTES_PER_WRITER_MAX,
  AWAITED_SETS_MAX,
  AWAITED_SETS_PER_WRITER_MAX,
} from "../limits.ts";
import { isProofKind } from "../../proof/digest/registry.ts";
import type { Admission } from "../admission/admission.ts";
import type { Tally } from "../metrics/tally.ts";
import type { BlobStore } from "./blob-store.ts";
import { UploadLedger } from "./upload-ledger.ts";

export interface ValueDeskDependencies {
  readonly blobs: BlobStore;
  readonly drops: Tally;
  readonly monotonicMs: () => number;
  /** Undefined: the kind is unknown. */
  readonly startDigest: (kind: string) => Digester | undefined;
  /** All values of this write set are on disk and what it says of them is right. */
  readonly onAvailable: (digest: Hash) => void;
  /** Its values are not what it says. */
  readonly onLying: (digest: Hash) => void;
  /** Checks the proofs in it, before anything is said of it. Absent: proofs are refused. */
  readonly admission?: Pick<Admission, "admit" | "close" | "executed" | "sweep">;
  /** `code`: REFUSAL_*, of a proof in it. */
  readonly onProofRefused?: (digest: Hash, code: number) => void;
}

/** One write set whose values are not all here. */
interface AwaitedSet {
  readonly digest: Hash;
  readonly writer: string;
  readonly notAfter: Hlc;
  readonly bytes: number;
  readonly missing: Map<string, Write[]>;
}

interface WriterLoad {
  sets: number;
  bytes: number;
}

/**
 * Bytes first (R8): which values are wanted, for which write sets. A value is taken from
 * the network only while an enrolled writer's pending write set names it; what it says of the
 * value (size, semantic digest) is recomputed here before the set is acknowledged, for values that
 * were here already too.
 */
export class ValueDesk {
  readonly #dependencies: ValueDeskDependencies;
  readonly #sets = new Map<string, AwaitedSet>();
  /** By value digest: the sets that wait for it. */
  readonly #wanted = new Map<string, Set<AwaitedSet>>();
  /** Judged as a whole, not executed yet; by digest, with its end. Oldest first. */
  readonly #available = new Map<string, Hlc>();
  readonly #loads = new Map<string, WriterLoad>();
  readonly #ledger: UploadLedger;

  constructor(dependencies: ValueDeskDependencies) {
    this.#dependencies = dependencies;
    this.#ledger = new UploadLedger(dependencies.monotonicMs);
  }

  get count(): number {
    return this.#sets.size;
  }

  /** The values to upload, or undefined when this writer has too much pending here. */
  open(set: CheckedWriteSet): readonly Hash[] | undefined {
    const text = keyText(set.digest);
    const known = this.#sets.get(text);
    if (known !== undefined) return this.#missingOf(known);
    const awaited = this.#awaitedOf(set);
    // Sent again before it was executed: what it says of its values was found to be right.
    if (this.#available.has(text) && this.#missingOf(awaited).length === 0) {
      this.#dependencies.onAvailable(set.digest);
      return [];
    }
    if (!this.#admits(awaited)) {
      this.#dependencies.drops.add("values-overloaded");
      return undefined;
    }
    this.#add(text, awaited);
    for (const [value, writes] of awaited.missing) this.#checkIfHere(awaited, value, writes);
    return this.#missingOf(awaited);
  }

  /** Whether an upload of this value is welcome, and the largest size that anybody claimed. */
  wantedSize(digest: Hash): number | undefined {
    const sets = this.#wanted.get(keyText(digest));
    if (sets === undefined) return undefined;
    let size = 0;
    for (const set of sets) {
      for (const write of set.missing.get(keyText(digest)) ?? []) size = Math.max(size, write.size);
    }
    return size;
  }

  /** The writers whose pending write sets want this value. */
  writersOf(digest: Hash): readonly string[] {
    const sets = this.#wanted.get(keyText(digest)) ?? [];
    return [...new Set([...sets].map(({ writer }) => writer))];
  }

  /** The digesters that an upload of this value must run through, by kind. */
  digestersFor(digest: Hash): ReadonlyMap<string, Digester> {
    const text = keyText(digest);
    const digesters = new Map<string, Digester>();
    for (const set of this.#wanted.get(text) ?? []) {
      for (const { kind } of set.missing.get(text) ?? []) {
        const digester = digesters.has(kind) ? undefined : this.#dependencies.startDigest(kind);
        if (digester !== undefined) digesters.set(kind, digester);
      }
    }
    return digesters;
  }

  /** The value was uploaded: it is on disk, has this size and these semantic digests. */
  arrived(digest: Hash, size: number, digesters: ReadonlyMap<string, Digester>): void {
    const semantic = finishAll(digesters);
    const text = keyText(digest);
    const sets = [...(this.#wanted.get(text) ?? [])];
    const [first] = sets;
    if (first !== undefined) this.#ledger.charge(first.writer, first.digest, size);
    for (const set of sets) {
      const writes = set.missing.get(text) ?? [];
      // A set that came while the value was being received names a kind that was not computed.
      if (writes.some(({ kind }) => !digesters.has(kind))) {
        this.#checkIfHere(set, text, writes);
      } else {
        this.#judge(
          set,
          text,
          writes.every((write) => fits(write, size, semantic.get(write.kind))),
        );
      }
    }
  }

  executed(executed: ExecutedWriteSet): void {
    this.close(executed.writeSet.digest);
    this.#ledger.executed(executed);
    this.#dependencies.admission?.executed(executed.writeSet.writes);
  }

  /** It is executed or refused, or will never be: its values are wanted no more on its account. */
  close(digest: Hash): void {
    const text = keyText(digest);
    this.#available.delete(text);
    const set = this.#sets.get(text);
    if (set !== undefined) this.#remove(set);
  }

  sweep(agreedTime: Hlc): void {
    this.#ledger.sweep();
    this.#dependencies.admission?.sweep();
    for (const set of this.#sets.values()) {
      if (set.notAfter < agreedTime) this.#remove(set);
    }
    for (const [text, notAfter] of this.#available) {
      if (notAfter < agreedTime) this.#available.delete(text);
    }
  }

  #awaitedOf(set: CheckedWriteSet): AwaitedSet {
    const missing = new Map<string, Write[]>();
    for (const write of set.writes) {
      if (write.operation !== OPERATION_PUT || write.valueDigest === undefined) continue;
      const text = keyText(write.valueDigest);
      const writes = missing.get(text);
      if (writes === undefined) missing.set(text, [write]);
      else writes.push(write);
    }
    // Of one value the largest size that is claimed: so much may be uploaded on its account.
    let bytes = 0;
    for (const writes of missing.values()) bytes += Math.max(...writes.map(({ size }) => size));
    const { digest, header } = set;
    return { digest, writer: toHex(header.writer), notAfter: header.notAfter, bytes, missing };
  }

  #admits(set: AwaitedSet): boolean {
    const load = this.#loads.get(set.writer) ?? { sets: 0, bytes: 0 };
    return (
      this.#sets.size < AWAITED_SETS_MAX &&
      load.sets < AWAITED_SETS_PER_WRITER_MAX &&
      load.bytes + set.bytes <= AWAITED_BYTES_PER_WRITER_MAX &&
      this.#ledger.admits(set.writer, load.bytes + set.bytes)
    );
  }

  #missingOf(set: AwaitedSet): Hash[] {
    const { blobs } = this.#dependencies;
    const hashes = [...set.missing.values()].flatMap(([write]) => write?.valueDigest ?? []);
    return hashes.filter((digest) => blobs.sizeOf(digest) === undefined);
  }

  #add(text: string, set: AwaitedSet): void {
    this.#sets.set(text, set);
    const load = this.#loads.get(set.writer) ?? { sets: 0, bytes: 0 };
    load.sets++;
    load.bytes += set.bytes;
    this.#loads.set(set.writer, load);
    for (const value of set.missing.keys()) {
      const sets = this.#wanted.get(value);
      if (sets === undefined) this.#wanted.set(value, new Set([set]));
      else sets.add(set);
    }
  }

  #remove(set: AwaitedSet): void {
    this.#sets.delete(keyText(set.digest));
    this.#dependencies.admission?.close(set.digest);
    for (const value of set.missing.keys()) this.#unwant(set, value);
    const load = this.#loads.get(set.writer);
    if (load === undefined) return;
    load.sets--;
    load.bytes -= set.bytes;
    if (load.sets === 0) this.#loads.delete(set.writer);
  }

  #unwant(set: AwaitedSet, value: string): void {
    const sets = this.#wanted.get(value);
    sets?.delete(set);
    if (sets?.size === 0) this.#wanted.delete(value);
  }

  #judge(set: AwaitedSet, value: string, isRight: boolean): void {
    if (!this.#sets.has(keyText(set.digest))) return;
    if (!isRight) {
      this.#remove(set);
      this.#dependencies.onLying(set.digest);
      return;
    }
    const proofs = (set.missing.get(value) ?? []).filter(({ kind }) => isProofKind(kind));
    if (proofs.length === 0) this.#settle(set, value);
    else void this.#admit(set, value, proofs);
  }

  /** Its digests are right; whether its proofs hold is for the checkers to say. */
  async #admit(set: AwaitedSet, value: string, proofs: readonly Write[]): Promise<void> {
    const { admission, onProofRefused } = this.#dependencies;
    for (const write of proofs) {
      const code = (await admission?.admit(set, write)) ?? REFUSAL_PROOF_DECLINED;
      if (!this.#sets.has(keyText(set.digest))) return;
      if (code === 0) continue;
      this.#remove(set);
      onProofRefused?.(set.digest, code);
      return;
    }
    this.#settle(set, value);
  }

  #settle(set: AwaitedSet, value: string): void {
    set.missing.delete(value);
    this.#unwant(set, value);
    if (set.missing.size > 0) return;
    this.#remove(set);
    this.#remember(set);
    this.#dependencies.onAvailable(set.digest);
  }

  #remember({ digest, notAfter }: AwaitedSet): void {
    this.#available.set(keyText(digest), notAfter);
    if (this.#available.size <= AWAITED_SETS_MAX) return;
    const [oldest] = this.#available.keys();
    this.#available.delete(oldest!);
  }

  /** A value that is here from before still has to be what this set says of it. */
  #checkIfHere(set: AwaitedSet, value: string, writes: readonly Write[]): void {
    const digest = writes[0]?.valueDigest;
    const size = digest === undefined ? undefined : this.#dependencies.blobs.sizeOf(digest);
    if (digest === undefined || size === undefined) return;
    void this.#digestStored(digest, size, writes).then((semantic) => {
      if (semantic === undefined) return;
      this.#judge(
        set,
        value,
        writes.every((write) => fits(write, size, semantic.get(write.kind))),
      );
    });
  }

  async #digestStored(
    digest: Hash,
    size: number,
    writes: readonly Write[],
  ): Promise<ReadonlyMap<string, Hash | undefined> | undefined> {
    const digesters = new Map<string, Digester>();
    for (const { kind } of writes) {
      const digester = this.#dependencies.startDigest(kind);
      if (digester !== undefined) digesters.set(kind, digester);
    }
    try {
      const range = { start: 0, end: size - 1 };
      if (size > 0) {
        for await (const piece of this.#dependencies.blobs.stream(digest, range)) {
          for (const digester of digesters.values()) digester.update(piece);
        }
      }
      return finishAll(digesters);
    } catch {
      this.#dependencies.drops.add("value-unreadable");
      return undefined;
    }
  }
}

function finishAll(digesters: ReadonlyMap<string, Digester>): Map<string, Hash | undefined> {
  const finished = new Map<string, Hash | undefined>();
  for (const [kind, digester] of digesters) {
    const result = digester.finish();
    finished.set(kind, result.status === "digest" ? result.digest : undefined);
  }
  return finished;
}

function fits(write: Write, size: number, semantic: Hash | undefined): boolean {
  if (write.size !== size || semantic === undefined) return false;
  return write.semanticDigest !== undefined && equalBytes(write.semanticDigest, semantic);
}
