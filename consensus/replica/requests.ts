import { hlcAddMs, hlcMax } from "../../base/hlc.ts";
import type { Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../application.ts";
import type { CheckedWriteSet } from "../checked.ts";
import { NOT_AFTER_MS_MAX } from "../limits.ts";
import type { Verified } from "../verified.ts";
import { certificateCodec } from "../wire/certificate.ts";
import type { Certificate } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import type { Context } from "./context.ts";
import type { ExecutionFollower } from "./executing.ts";
import type { RefusalReason } from "./output.ts";
import { WriterQueue, identityOf } from "./writer-queue.ts";
import type { Pending } from "./writer-queue.ts";
import { keyText } from "../map/key-text.ts";

/** Write sets waiting at this replica, of all writers: some hundred batches. */
const PENDING_COUNT_MAX = 16_384;
/** And their bytes, so that large inline values cannot fill the memory first. */
const PENDING_BYTES_MAX = 128 * 1024 * 1024;

/** Requests shown to everybody in one tick: overload must not make traffic of its own. */
const SHARES_PER_TICK_MAX = 8;

export interface TakeLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

/**
 * Write sets that could be ordered now and are not executed: a fair queue for each writer, and a
 * timer over each queue's head (R10). Every replica that holds one runs the timer,
 * so a primary that is silent, or deaf to one writer, is noticed by all who know of the request.
 */
export class Requests implements ExecutionFollower {
  readonly #context: Context;
  readonly #writers = new Map<string, WriterQueue>();
  #count = 0;
  #bytes = 0;
  #latencyMs = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  get count(): number {
    return this.#count;
  }

  /** Not proposed yet in this view. */
  get readyCount(): number {
    let ready = 0;
    for (const queue of this.#writers.values()) ready += queue.readyCount;
    return ready;
  }

  /** What the executed state and the limits say of a write set; undefined: take it in. */
  judge(header: WriteSetHeader): RefusalReason | undefined {
    const { application, committee, now, transferring } = this.#context;
    if (transferring !== undefined) return "overloaded";
    // L137: of an earlier epoch it was under way when that ended, and its session says whether it was
    // executed; of a later one it is for those who have gone on already.
    if (header.epoch > committee.epoch) return "overloaded";
    if (!application.isEnrolled(header)) return "unenrolled";
    const standing = application.standingOf(header);
    if (standing !== "open") return standing;
    // The agreed time of an idle cluster stands still, so our own clock counts too.
    const present = hlcMax(application.agreedTime, now.reading);
    if (header.notAfter > hlcAddMs(present, NOT_AFTER_MS_MAX)) return "not-after";
    return undefined;
  }

  has(writeSet: CheckedWriteSet): boolean {
    const queue = this.#writers.get(keyText(writeSet.header.writer));
    return queue?.find(keyText(writeSet.digest)) !== undefined;
  }

  /** L01: judged before. Undefined: it waits here from now on, or did already. */
  add(
    writeSet: Verified<CheckedWriteSet>,
    acknowledgements: Verified<Certificate> | undefined,
  ): RefusalReason | undefined {
    const writer = keyText(writeSet.header.writer);
    const size = writeSet.bytes.length;
    let queue = this.#writers.get(writer);
    if (queue?.find(keyText(writeSet.digest)) !== undefined) return undefined;
    if (this.#count >= PENDING_COUNT_MAX || this.#bytes + size > PENDING_BYTES_MAX) {
      return "overloaded";
    }
    if (queue === undefined) {
      queue = new WriterQueue();
      this.#writers.set(writer, queue);
    }
    if (!queue.add(writeSet, acknowledgements, this.#context.now.monotonicMs)) return "overloaded";
    this.#count++;
    this.#bytes += size;
    return undefined;
  }

  /** L02: the oldest of each writer in turn, so that no writer's flood delays another. */
  take({ countMax, bytesMax }: TakeLimits): readonly Pending[] {
    const taken: Pending[] = [];
    let bytes = 0;
    let gave = true;
    while (gave) {
      gave = false;
      for (const [name, queue] of [...this.#writers]) {
        const next = queue.peekReady();
        if (next === undefined) continue;
        const size = sizeOf(next);
        if (taken.length >= countMax || bytes + size > bytesMax) return taken;
        queue.takeReady();
        // Last in line: the next batch begins with whom this one did not reach.
        this.#writers.delete(name);
        this.#writers.set(name, queue);
        taken.push(next);
        bytes += size;
        gave = true;
      }
    }
    return taken;
  }

  /** L03: any write set of one (writer, session, counter) settles all of them. */
  executed(_sequence: Sequence, writeSets: readonly ExecutedWriteSet[]): void {
    for (const { writeSet } of writeSets) {
      const queue = this.#writers.get(keyText(writeSet.header.writer));
      if (queue === undefined) continue;
      const digest = keyText(writeSet.digest);
      for (const pending of queue.withIdentity(identityOf(writeSet.header))) {
        this.#remove(queue, pending);
        if (pending.digest !== digest) this.#refuse(pending, "executed");
      }
    }
  }

  /** A new view begins: nothing is proposed in it yet, and every timer starts again. */
  restart(): void {
    for (const queue of this.#writers.values()) queue.restart(this.#context.now.monotonicMs);
  }

  /** L04: true: the primary kept some head waiting too long. Half way, everybody is told of it. */
  tick(): boolean {
    const { monotonicMs } = this.#context.now;
    const timeoutMs = this.timeoutMs();
    let suspicious = false;
    let shareCount = 0;
    for (const [name, queue] of this.#writers) {
      const head = queue.head;
      if (head === undefined) {
        this.#writers.delete(name);
        continue;
      }
      const waitedMs = monotonicMs - queue.headSinceMs;
      if (waitedMs < timeoutMs / 2 || !this.#isStillWanted(queue, head)) continue;
      if (!head.shared && shareCount < SHARES_PER_TICK_MAX) {
        this.#share(head);
        shareCount++;
      }
      if (waitedMs >= timeoutMs) suspicious = true;
    }
    return suspicious;
  }

  get dueMs(): number {
    const timeoutMs = this.timeoutMs();
    let dueMs = Number.POSITIVE_INFINITY;
    if (!this.#context.active) return dueMs;
    for (const { head, headSinceMs } of this.#writers.values()) {
      if (head === undefined) return 0;
      dueMs = Math.min(dueMs, headSinceMs + (head.shared ? timeoutMs : timeoutMs / 2));
    }
    return dueMs;
  }

  timeoutMs(): number {
    const { requestMs, requestMsMax, peerLostMs } = this.#context.timing;
    if (this.#context.primaryLost) return this.#context.backedOff(Math.min(peerLostMs, requestMs));
    const usual = Math.min(requestMsMax, Math.max(requestMs, 4 * this.#latencyMs));
    return this.#context.backedOff(usual);
  }

  /** Whether some pending end has passed, so that agreed time should move past it. */
  hasLapsed(now: Hlc): boolean {
    for (const queue of this.#writers.values()) {
      const head = queue.head;
      if (head !== undefined && head.writeSet.header.notAfter < now) return true;
    }
    return false;
  }

  /** L09: tells the primary of a request that a client brought here. */
  forward(writeSet: CheckedWriteSet): void {
    const queue = this.#writers.get(keyText(writeSet.header.writer));
    const pending = queue?.find(keyText(writeSet.digest));
    if (pending === undefined || this.#context.isPrimary) return;
    this.#tell(pending, this.#context.primary);
  }

  #share(pending: Pending): void {
    pending.shared = true;
    this.#tell(pending, "all");
  }

  #tell(pending: Pending, to: ReplicaIndex | "all"): void {
    this.#context.send(to, FRAME.forward, pending.writeSet.bytes);
    if (pending.acknowledgements === undefined) return;
    this.#context.send(to, FRAME.availability, certificateCodec.encode(pending.acknowledgements));
  }

  #isStillWanted(queue: WriterQueue, head: Pending): boolean {
    if (this.#context.transferring !== undefined) return false;
    const { application } = this.#context;
    const { header } = head.writeSet;
    const standing = application.standingOf(header);
    if (standing === "open" && application.isEnrolled(header)) return true;
    this.#remove(queue, head);
    this.#refuse(head, standing === "open" ? "unenrolled" : standing);
    return false;
  }

  #remove(queue: WriterQueue, pending: Pending): void {
    const wasHead = queue.head === pending;
    const { monotonicMs } = this.#context.now;
    if (wasHead) {
      const waitedMs = monotonicMs - queue.headSinceMs;
      this.#latencyMs = this.#latencyMs * 0.9 + waitedMs * 0.1;
    }
    queue.remove(pending, monotonicMs);
    this.#count--;
    this.#bytes -= pending.writeSet.bytes.length;
  }

  #refuse(pending: Pending, reason: RefusalReason): void {
    this.#context.emit({ type: "refused", digest: pending.writeSet.digest, reason });
  }
}

/** A packed vote with the longest path comes to about 500 bytes. */
const PACKED_VOTE_BYTES = 512;

function sizeOf({ writeSet, acknowledgements }: Pending): number {
  return writeSet.bytes.length + (acknowledgements?.votes.length ?? 0) * PACKED_VOTE_BYTES + 256;
}
