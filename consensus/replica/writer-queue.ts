import type { CheckedWriteSet } from "../checked.ts";
import type { Verified } from "../verified.ts";
import type { Certificate } from "../wire/certificate.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import { keyText } from "../map/key-text.ts";

/** Write sets of one writer waiting here: twice what a session has in flight. */
const PENDING_PER_WRITER_MAX = 256;
/** And their bytes: 64 write sets with the largest inline values. */
const PENDING_PER_WRITER_BYTES_MAX = 8 * 1024 * 1024;

export interface Pending {
  readonly writeSet: Verified<CheckedWriteSet>;
  /** For maps. */
  readonly digest: string;
  readonly identity: string;
  readonly acknowledgements: Verified<Certificate> | undefined;
  /** Proposed by us in this view. */
  proposed: boolean;
  /** All replicas were told of it. */
  shared: boolean;
}

/** Within one writer: a session and a counter, whatever the write set's content. */
export function identityOf({ session, counter }: WriteSetHeader): string {
  return `${keyText(session)}/${counter}`;
}

/** One writer's pending write sets in order of arrival. */
export class WriterQueue {
  readonly #pending = new Map<string, Pending>();
  readonly #identities = new Map<string, Set<Pending>>();
  #ready: Pending[] = [];
  #bytes = 0;
  /** Since when the present head is the head, monotonic milliseconds. */
  headSinceMs = 0;

  get head(): Pending | undefined {
    const first = this.#pending.values().next();
    return first.done === true ? undefined : first.value;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  find(digest: string): Pending | undefined {
    return this.#pending.get(digest);
  }

  withIdentity(identity: string): readonly Pending[] {
    return [...(this.#identities.get(identity) ?? [])];
  }

  /** False: this writer has too much waiting. */
  add(
    writeSet: Verified<CheckedWriteSet>,
    acknowledgements: Verified<Certificate> | undefined,
    nowMs: number,
  ): boolean {
    const size = writeSet.bytes.length;
    if (this.#pending.size >= PENDING_PER_WRITER_MAX) return false;
    if (this.#bytes + size > PENDING_PER_WRITER_BYTES_MAX) return false;
    const identity = identityOf(writeSet.header);
    const pending: Pending = {
      writeSet,
      digest: keyText(writeSet.digest),
      identity,
      acknowledgements,
      proposed: false,
      shared: false,
    };
    if (this.#pending.size === 0) this.headSinceMs = nowMs;
    this.#pending.set(pending.digest, pending);
    const sharing = this.#identities.get(identity);
    if (sharing === undefined) this.#identities.set(identity, new Set([pending]));
    else sharing.add(pending);
    this.#ready.push(pending);
    this.#bytes += size;
    return true;
  }

  peekReady(): Pending | undefined {
    return this.#ready[0];
  }

  takeReady(): void {
    const next = this.#ready.shift();
    if (next !== undefined) next.proposed = true;
  }

  remove(pending: Pending, nowMs: number): void {
    if (this.head === pending) this.headSinceMs = nowMs;
    this.#pending.delete(pending.digest);
    this.#bytes -= pending.writeSet.bytes.length;
    const sharing = this.#identities.get(pending.identity);
    sharing?.delete(pending);
    if (sharing?.size === 0) this.#identities.delete(pending.identity);
    if (!pending.proposed) this.#ready = this.#ready.filter((other) => other !== pending);
  }

  restart(nowMs: number): void {
    this.headSinceMs = nowMs;
    this.#ready = [...this.#pending.values()];
    for (const pending of this.#ready) pending.proposed = false;
  }
}
