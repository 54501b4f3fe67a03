import { equalBytes, toHex } from "../../../base/bytes.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { entryStateKey } from "../../../consensus/map/state-keys.ts";
import type { Hash } from "../../../base/types.ts";
import { State } from "../../../consensus/execution/state.ts";
import { MemoryRowStore } from "../../../consensus/map/memory-row-store.ts";
import type { Verified } from "../../../consensus/verified.ts";
import type { CheckedBatch } from "../../../consensus/checked.ts";
import { wantMissing } from "../../../node/host/missing-values.ts";
import { stateRulesOf } from "../world/kinds.ts";
import type { ReplicaProcess } from "../world/replica-process.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import type { Operation } from "../clients/history.ts";
import type { ReadProof, SimulatedClient } from "../clients/simulated-client.ts";
import type { SimulatedCluster } from "../simulated-cluster.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/**
 * The one history, executed once more by nobody's replica: every root that correct replicas come to
 * is its root, every answer that a client believed is its row, every acknowledged write stands in
 * it where the client was told, and at the end every store holds its rows byte for byte.
 */
export class OneHistory implements Checker {
  readonly name = "one history";
  readonly #frame: CheckerFrame;
  readonly #store = new MemoryRowStore();
  readonly #reference: State;
  readonly #bodies = new Map<string, Verified<CheckedBatch>>();
  readonly #roots: Hash[];
  /** Executed write sets by digest, and where. */
  readonly #executed = new Map<string, number>();
  /** Digest of the batch at a sequence, until it is executed here. */
  readonly #committed = new Map<number, string>();
  readonly #acknowledged: { digest: string; sequence: number; client: number }[] = [];

  constructor(frame: CheckerFrame) {
    this.#frame = frame;
    this.#reference = State.genesis(
      stateRulesOf(frame.crypto, frame.genesis, frame.plan.checkpointInterval),
      this.#store,
      frame.genesis,
    );
    this.#roots = [this.#reference.stateRoot];
  }

  step(replica: SimulatedReplica, input: Input, outputs: readonly Output[]): void {
    if (input.type === "batch" || input.type === "committed") {
      this.#bodies.set(keyText(input.batch.digest), input.batch);
    }
    if (!isBound(replica)) return;
    for (const output of outputs) {
      if (output.type === "persist" && output.record.type === "batch") {
        this.#noteOwn(replica.process, output.record.digest, output.record.batch);
      } else if (output.type === "persist" && output.record.type === "committed") {
        const { sequence, digest } = output.record.certificate;
        if (sequence > this.#reference.sequence) this.#committed.set(sequence, keyText(digest));
      } else if (output.type === "executed") {
        this.#follow(output.sequence);
        const root = this.#roots[output.sequence];
        const isRight = root === undefined || equalBytes(root, output.stateRoot);
        const what = (): string => `${replica.name} came to another root at ${output.sequence}`;
        demand(isRight, this.name, what);
      }
    }
  }

  wrote(client: SimulatedClient, operation: Operation, digest: Hash): void {
    const text = keyText(digest);
    const at = this.#executed.get(text);
    const { sequence } = operation;
    const what = `client ${client.number} was told that ${operation.key} is executed`;
    demand(at === sequence, this.name, () => `${what} at ${sequence}, not ${at}`);
    this.#acknowledged.push({ digest: text, sequence, client: client.number });
  }

  read(client: SimulatedClient, operation: Operation, proof: ReadProof): void {
    const { sequence, stateRoot, namespace, key, rowBytes, floor } = proof;
    const what = `client ${client.number} read ${operation.key} at ${sequence}`;
    const root = this.#roots[sequence];
    const isRoot = root !== undefined && equalBytes(root, stateRoot);
    demand(isRoot, this.name, () => `${what} under a root that never was`);
    const place = entryStateKey(this.#frame.crypto.hash, namespace, key);
    const row = this.#reference.rowAt(sequence, place) ?? new Uint8Array(0);
    demand(equalBytes(row, rowBytes), this.name, () => `${what}: not what stood there`);
    demand(sequence >= floor, this.name, () => `${what}, below its floor`);
  }

  end({ replicas }: SimulatedCluster): void {
    for (const { digest, sequence, client } of this.#acknowledged) {
      const at = this.#executed.get(digest);
      demand(at === sequence, this.name, () => `a write of client ${client} is lost`);
    }
    const rows = new Map([...this.#store.entries()].map(([key, row]) => [keyText(key), row]));
    for (const replica of replicas) {
      if (!isBound(replica) || replica.process === undefined) continue;
      // A row that rotted and that nobody has read since: it is found at the next start.
      if (replica.environment.isRotten) continue;
      if (replica.process.state.sequence === this.#reference.sequence) this.#compare(replica, rows);
    }
  }

  #compare(replica: SimulatedReplica, rows: ReadonlyMap<string, Uint8Array>): void {
    this.#frame.world.mark("store: compared byte for byte");
    const lacks = (digest: Hash): void => {
      // Uploaded and never shown until now is here, too.
      const isHere = replica.values.isKept(digest);
      demand(isHere, this.name, () => `${replica.name} lacks the value ${toHex(digest)}`);
    };
    let count = 0;
    for (const [key, row] of replica.process?.store.rows.entries() ?? []) {
      const wanted = rows.get(keyText(key));
      const isSame = wanted !== undefined && equalBytes(wanted, row);
      demand(isSame, this.name, () => `${replica.name} holds another row at ${toHex(key)}`);
      wantMissing(key, row, { blobs: replica.values, fetcher: { want: lacks } });
      count++;
    }
    const what = (): string => `${replica.name} holds ${count} of ${rows.size} rows`;
    demand(count === rows.size, this.name, what);
  }

  #follow(sequence: number): void {
    while (this.#reference.sequence < sequence) {
      const next = this.#reference.sequence + 1;
      const digest = this.#committed.get(next);
      if (digest === undefined) return;
      this.#committed.delete(next);
      const result = this.#reference.execute(this.#bodies.get(digest));
      this.#roots.push(result.stateRoot);
      for (const { writeSet, result: done } of result.writeSets) {
        if (done !== undefined) this.#executed.set(keyText(writeSet.digest), next);
      }
    }
  }

  #noteOwn(process: ReplicaProcess | undefined, digest: Hash, bytes: Uint8Array): void {
    if (this.#bodies.has(keyText(digest))) return;
    const batch = process?.bodyOf(digest, bytes);
    if (batch !== undefined) this.#bodies.set(keyText(digest), batch);
  }
}
