import { equalBytes, toHex } from "../../../base/bytes.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { entryStateKey } from "../../../consensus/map/state-keys.ts";
import type { Hash } from "../../../base/types.ts";
import { State } from "../../../consensus/execution/state.ts";
import { MemoryRowStore } from "../../../consensus/map/memory-row-store.ts";
import type { Verified } from "../../../consensus/verified.ts";
import type { CheckedBatch } from "../../../consensus/checked.ts";
import { stateRulesOf } from "../world/kinds.ts";
import type { ReplicaProcess } from "../world/replica-process.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/**
 * The one history, executed once more by nobody's replica: every root that correct replicas come to
 * is its root, every answer that a client believed is its row, every acknowledged write stands in
 * it where the client was told, and at the end every store holds its rows byte for byte.
 */
export function oneHistory({ genesis, crypto, world }: CheckerFrame): Checker {
  const name = "one history";
  const store = new MemoryRowStore();
  const reference = State.genesis(stateRulesOf(crypto.hash), store, genesis);
  const bodies = new Map<string, Verified<CheckedBatch>>();
  const roots: Hash[] = [reference.stateRoot];
  /** Executed write sets by digest, and where. */
  const executed = new Map<string, number>();
  /** Digest of the batch at a sequence, until it is executed here. */
  const committed = new Map<number, string>();
  const acknowledged: { digest: string; sequence: number; client: number }[] = [];

  function follow(sequence: number): void {
    while (reference.sequence < sequence) {
      const next = reference.sequence + 1;
      const digest = committed.get(next);
      if (digest === undefined) return;
      committed.delete(next);
      const result = reference.execute(bodies.get(digest));
      roots.push(result.stateRoot);
      for (const { writeSet, result: done } of result.writeSets) {
        if (done !== undefined) executed.set(keyText(writeSet.digest), next);
      }
    }
  }

  return {
    name,
    step(replica, input, outputs) {
      if (input.type === "batch" || input.type === "committed") {
        bodies.set(keyText(input.batch.digest), input.batch);
      }
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type === "persist" && output.record.type === "batch") {
          noteOwn(replica.process, output.record.digest, output.record.batch);
        } else if (output.type === "persist" && output.record.type === "committed") {
          const { sequence, digest } = output.record.certificate;
          if (sequence > reference.sequence) committed.set(sequence, keyText(digest));
        } else if (output.type === "executed") {
          follow(output.sequence);
          const root = roots[output.sequence];
          const isRight = root === undefined || equalBytes(root, output.stateRoot);
          demand(isRight, name, () => `${replica.name} came to another root at ${output.sequence}`);
        }
      }
    },
    wrote(client, operation, digest) {
      const at = executed.get(keyText(digest));
      const what = `client ${client.number} was told that ${operation.key} is executed`;
      demand(at === operation.sequence, name, () => `${what} at ${operation.sequence}, not ${at}`);
      acknowledged.push({
        digest: keyText(digest),
        sequence: operation.sequence,
        client: client.number,
      });
    },
    read(client, operation, proof) {
      const what = `client ${client.number} read ${operation.key} at ${proof.sequence}`;
      const root = roots[proof.sequence];
      const isRoot = root !== undefined && equalBytes(root, proof.stateRoot);
      demand(isRoot, name, () => `${what} under a root that never was`);
      const key = entryStateKey(crypto.hash, proof.namespace, proof.key);
      const row = reference.rowAt(proof.sequence, key) ?? new Uint8Array(0);
      demand(equalBytes(row, proof.rowBytes), name, () => `${what}: not what stood there`);
      demand(proof.sequence >= proof.floor, name, () => `${what}, below its floor`);
    },
    end({ replicas }) {
      for (const { digest, sequence, client } of acknowledged) {
        const at = executed.get(digest);
        demand(at === sequence, name, () => `a write of client ${client} is lost`);
      }
      const rows = new Map([...store.entries()].map(([key, row]) => [keyText(key), row]));
      for (const replica of replicas) {
        const { process } = replica;
        if (!isBound(replica) || process === undefined) continue;
        if (process.state.sequence !== reference.sequence) continue;
        world.mark("store: compared byte for byte");
        let count = 0;
        for (const [key, row] of process.store.rows.entries()) {
          const wanted = rows.get(keyText(key));
          const isSame = wanted !== undefined && equalBytes(wanted, row);
          demand(isSame, name, () => `${replica.name} holds another row at ${toHex(key)}`);
          count++;
        }
        demand(
          count === rows.size,
          name,
          () => `${replica.name} holds ${count} of ${rows.size} rows`,
        );
      }
    },
  };

  function noteOwn(process: ReplicaProcess | undefined, digest: Hash, bytes: Uint8Array): void {
    if (bodies.has(keyText(digest))) return;
    const batch = process?.bodyOf(digest, bytes);
    if (batch !== undefined) bodies.set(keyText(digest), batch);
  }
}
