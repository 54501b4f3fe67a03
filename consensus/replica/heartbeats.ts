import { equalBytes } from "../../base/bytes.ts";
import type { Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import { HLC_ZERO } from "../../base/hlc.ts";
import { SIGNED_HEARTBEAT, heartbeatCodec, statementCodec } from "../wire/certificate.ts";
import type { Heartbeat } from "../wire/certificate.ts";
import type { Context } from "./context.ts";
import type { ReceivedSigned } from "./input.ts";
import type { Statements } from "./statements.ts";

/**
 * Heartbeats keep the reads of an idle cluster fresh without ordering anything (R18), and tell how far the others are.
 */
export class Heartbeats {
  readonly #context: Context;
  readonly #statements: Statements;
  /** The last one of each member. */
  readonly #last = new Map<ReplicaIndex, ReceivedSigned<Heartbeat>>();
  #heard = 0 as Sequence;
  #nextMs = 0;
  #fresh: { readonly sequence: number; readonly asOf: Hlc } = { sequence: 0, asOf: HLC_ZERO };

  constructor(context: Context, statements: Statements) {
    this.#context = context;
    this.#statements = statements;
  }

  tick(): void {
    const { monotonicMs } = this.#context.now;
    if (monotonicMs < this.#nextMs) return;
    this.#nextMs = monotonicMs + this.#context.timing.heartbeatMs;
    const body = this.body(new Uint8Array(0));
    if (body !== undefined) this.#context.sign(SIGNED_HEARTBEAT, body);
  }

  get dueMs(): number {
    return this.#nextMs;
  }

  /**
   * L80: the heartbeat that may be signed now: over the last statement of ours that is durable,
   * which covers every write that was certified with our help. Undefined: none may be signed, as
   * in an epoch whose last sequence is executed (L133): the next may already order what we'd deny.
   */
  body(nonce: Uint8Array): Uint8Array | undefined {
    const { stated } = this.#statements;
    if (stated === undefined || this.#context.silent || !this.#context.now.clockCertain) {
      return undefined;
    }
    if (this.#statements.diverged !== undefined || this.#context.isEpochOver) return undefined;
    if (!this.#context.safety.permitHeartbeat(stated.sequence)) return undefined;
    const { epoch } = this.#context.committee;
    const { sequence, stateRoot } = stated;
    return heartbeatCodec.encode({
      epoch,
      sequence,
      stateRoot,
      asOf: this.#context.now.reading,
      nonce,
    });
  }

  /** L81 */
  receive(received: ReceivedSigned<Heartbeat>): void {
    const { author, message } = received;
    if (message.epoch !== this.#context.committee.epoch || message.nonce.length !== 0) return;
    const held = this.#last.get(author);
    if (held !== undefined && held.message.asOf >= message.asOf) return;
    this.#last.set(author, received);
    const sequences = [...this.#last.values()].map((other) => other.message.sequence);
    sequences.sort((left, right) => right - left);
    this.#heard = sequences[this.#context.weakQuorum - 1] ?? (0 as Sequence);
    this.#maybeFresh();
  }

  /** At least one correct replica says that it executed up to here. */
  heardSequence(): Sequence {
    return this.#heard;
  }

  #maybeFresh(): void {
    const newest = this.#statements.newest;
    if (newest === undefined || newest.sequence > this.#context.executed) return;
    const { sequence, stateRoot } = statementCodec.decode(newest.certificate.statement);
    const equal = [...this.#last.values()].filter(
      ({ message }) => message.sequence === sequence && equalBytes(message.stateRoot, stateRoot),
    );
    if (equal.length < this.#context.quorum) return;
    equal.sort((left, right) => (left.message.asOf > right.message.asOf ? -1 : 1));
    const chosen = equal.slice(0, this.#context.quorum);
    const asOf = chosen.at(-1)?.message.asOf ?? HLC_ZERO;
    if (this.#fresh.sequence === sequence && this.#fresh.asOf >= asOf) return;
    this.#fresh = { sequence, asOf };
    chosen.sort((left, right) => left.author - right.author);
    const heartbeats = chosen.map(({ author, signed }) => ({
      author,
      heartbeat: signed.body,
      signature: signed.signature,
    }));
    this.#context.emit({ type: "fresh", heartbeats });
  }
}
