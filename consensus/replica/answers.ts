import type { Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import { committedCodec, stableCodec } from "../wire/agreement.ts";
import type { FetchBatch, FetchCommitted, FetchStable } from "../wire/agreement.ts";
import { FRAME } from "../wire/frame.ts";
import type { FrameKind } from "../wire/frame.ts";
import type { Bodies } from "./bodies.ts";
import type { Context } from "./context.ts";
import type { Log } from "./log.ts";
import type { Statements } from "./statements.ts";

/** One answer to fetch-committed: a page that a slow link takes in one breath. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;
const PAGE_LENGTH_MAX = 64;
/** What one peer may draw from us in each period, so that a greedy one starves nobody. */
const ALLOWANCE_BYTES = 16 * 1024 * 1024;
const ALLOWANCE_COUNT = 256;
const ALLOWANCE_PERIOD_MS = 100;

interface Allowance {
  sinceMs: number;
  bytes: number;
  count: number;
}

/** L103: what peers ask for; each answer proves itself by digest or certificate. */
export class Answers {
  readonly #context: Context;
  readonly #log: Log;
  readonly #bodies: Bodies;
  readonly #statements: Statements;
  readonly #allowances = new Map<ReplicaIndex, Allowance>();

  constructor(context: Context, log: Log, bodies: Bodies, statements: Statements) {
    this.#context = context;
    this.#log = log;
    this.#bodies = bodies;
    this.#statements = statements;
  }

  batch(from: ReplicaIndex, { digest }: FetchBatch): void {
    const bytes = this.#find(digest);
    if (bytes !== undefined) this.#answer(from, FRAME.batch, bytes);
  }

  /** The page that begins at `from.from`; or our newest certificate when our log begins above it. */
  committed(from: ReplicaIndex, { from: first, to }: FetchCommitted): void {
    const last = Math.min(to, first + PAGE_LENGTH_MAX - 1, this.#context.executed);
    let bytes = 0;
    for (let sequence = first; sequence <= last && bytes < PAGE_BYTES_MAX; sequence++) {
      const answer = this.#committedAt(sequence);
      if (answer === undefined) break;
      bytes += answer.length;
      if (!this.#answer(from, FRAME.committed, answer)) return;
    }
    if (bytes === 0) this.stable(from, { above: (first - 1) as Sequence });
  }

  stable(from: ReplicaIndex, { above }: FetchStable): void {
    const { newest } = this.#statements;
    if (newest === undefined || newest.sequence <= above) return;
    this.#answer(from, FRAME.stable, stableCodec.encode({ certificate: newest.certificate }));
  }

  #committedAt(sequence: Sequence): Uint8Array | undefined {
    const instance = this.#log.find(sequence);
    const commit = instance?.commit;
    if (instance === undefined || commit === undefined) return undefined;
    const isNull = this.#context.isNull(commit.digest);
    const batch = isNull ? new Uint8Array(0) : instance.bodyBytes(commit.digest);
    return batch && committedCodec.encode({ commit, batch });
  }

  #find(digest: Hash): Uint8Array | undefined {
    for (const instance of this.#log.above(this.#log.kept)) {
      const bytes = instance.bodyBytes(digest);
      if (bytes !== undefined) return bytes;
    }
    return this.#bodies.find(digest)?.bytes;
  }

  #answer(to: ReplicaIndex, kind: FrameKind, body: Uint8Array): boolean {
    const { monotonicMs } = this.#context.now;
    let allowance = this.#allowances.get(to);
    if (allowance === undefined || monotonicMs - allowance.sinceMs >= ALLOWANCE_PERIOD_MS) {
      allowance = { sinceMs: monotonicMs, bytes: 0, count: 0 };
      this.#allowances.set(to, allowance);
    }
    if (allowance.bytes >= ALLOWANCE_BYTES || allowance.count >= ALLOWANCE_COUNT) {
      this.#context.drop("answer beyond a peer's allowance");
      return false;
    }
    allowance.bytes += body.length;
    allowance.count++;
    this.#context.send(to, kind, body);
    return true;
  }
}
