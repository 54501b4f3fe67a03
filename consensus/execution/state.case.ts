import { createHash } from "node:crypto";
import { concatBytes, equalBytes } from "../../base/bytes.ts";
import { hlcAddMs, hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, Hash, Hlc, PublicKey, ReplicaIndex, Signature } from "../../base/types.ts";
import type { Execution } from "../application.ts";
import type { CheckedBatch, CheckedWriteSet } from "../checked.ts";
import { genesisCommittee, genesisOf } from "../genesis.ts";
import type { Genesis } from "../genesis.ts";
import { keyOfName } from "../hashing.ts";
import { MemoryRowStore } from "../map/memory-row-store.ts";
import { entryStateKey } from "../map/state-keys.ts";
import type { Verified } from "../verified.ts";
import { entryRowCodec } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { OPERATION_ADMINISTER, administrationCodec, administrationOf } from "../wire/write-set.ts";
import type { Administration, Write, WriteSetHeader } from "../wire/write-set.ts";
import { State } from "./state.ts";
import type { StateRules } from "./state.ts";

/** What the tests of execution have in common: a small policy, and batches without signatures. */

export const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

export const rules: StateRules = {
  hash,
  kinds: (kind) =>
    kind === "raw/1"
      ? "immutable"
      : kind === "manifest/1"
        ? "versioned"
        : kind === "proof/1"
          ? "proved"
          : undefined,
  admitsKey: (key) => key[0] !== 0,
  // One byte of evidence names the accused; two name both; none proves nothing.
  quarantine: {
    judgeEvidence: (evidence) => ({ accused: [...evidence] as ReplicaIndex[], what: "a test" }),
  },
  membership: {
    get genesis() {
      return genesisCommittee(genesis);
    },
    verify: (key, message, signature) => equalBytes(signature, signatureOf(key, message)),
  },
};

/** What a key signs in here: its own name and the message, so that none stands for another. */
export function signatureOf(key: PublicKey, message: Uint8Array): Signature {
  return concatBytes(hash(concatBytes(key, message)), new Uint8Array(32)) as Signature;
}

export const keyOf = (name: string): PublicKey =>
  hash(new TextEncoder().encode(name)) as Uint8Array as PublicKey;

export const START_MS = 1_800_000_000_000;
export const start: Hlc = hlcFromMs(START_MS);

/** Writers ann, bob, cat, dan of operators A, B, C, D write everywhere; `root` administers. */
export const genesis: Genesis = genesisOf(hash, {
  name: "test",
  members: [0, 1, 2, 3].map((index) => ({
    publicKey: keyOf(`replica ${index}`),
    address: `127.0.0.1:${7400 + index}`,
  })),
  faultyMax: 1,
  writers: [
    { name: "ann", operator: "A" },
    { name: "ann2", operator: "A" },
    { name: "bob", operator: "B" },
    { name: "cat", operator: "C" },
    { name: "dan", operator: "D" },
  ]
    .map(({ name, operator }) => ({
      publicKey: keyOf(name),
      operator,
      namespaces: ["*"],
      administrator: false,
    }))
    .concat([
      { publicKey: keyOf("root"), operator: "ops", namespaces: [], administrator: true },
      { publicKey: keyOf("eve"), operator: "E", namespaces: ["eve"], administrator: false },
    ]),
  namespaces: [
    { namespace: "pair", confirmations: 2 },
    { namespace: "trio", confirmations: 3 },
  ],
  time: start,
});

const BLANK: Write = {
  operation: 1,
  namespace: "solo",
  key: undefined,
  name: "",
  kind: "",
  valueDigest: undefined,
  size: 0,
  semanticDigest: undefined,
  ttlMs: 0,
  succeeds: 0,
  inline: false,
  administration: new Uint8Array(0),
};

/** A put of the bytes `value`, whose meaning is what stands before the first "#". */
export function put(name: string, value: string, more: Partial<Write> = {}): Write {
  return {
    ...BLANK,
    name,
    key: keyOfName(hash, name),
    kind: "raw/1",
    valueDigest: hash(new TextEncoder().encode(value)),
    semanticDigest: hash(new TextEncoder().encode(value.split("#")[0])),
    size: value.length,
    ...more,
  };
}

export function withdraw(name: string, more: Partial<Write> = {}): Write {
  return { ...BLANK, operation: 2, name, key: keyOfName(hash, name), ...more };
}

export function administer(operation: Partial<Administration>, more: Partial<Write> = {}): Write {
  return {
    ...BLANK,
    operation: OPERATION_ADMINISTER,
    administration: administrationCodec.encode(administrationOf({ action: 0, ...operation })),
    ...more,
  };
}

let counter = 0;

export function writeSet(
  writer: string,
  writes: readonly Write[],
  header: Partial<WriteSetHeader> = {},
): CheckedWriteSet {
  counter++;
  const whole: WriteSetHeader = {
    epoch: 0 as Epoch,
    writer: keyOf(writer),
    session: new Uint8Array(16),
    counter,
    notAfter: hlcAddMs(start, 60_000),
    writesRoot: hash(new Uint8Array(0)),
    writeCount: writes.length,
    settled: 0,
    ...header,
  };
  const digest = hash(new TextEncoder().encode(`${writer} ${whole.counter}`));
  const wire = {
    header: new Uint8Array(0),
    signature: new Uint8Array(64) as never,
    writes: [],
    values: [],
  };
  return { digest, header: whole, writes, wire, bytes: new Uint8Array(0), inline: true };
}

export function batch(
  writeSets: readonly CheckedWriteSet[],
  proposedTime: Hlc = start,
): Verified<CheckedBatch> {
  const whole: CheckedBatch = {
    digest: new Uint8Array(32) as Hash,
    batch: { proposedTime, items: [] },
    writeSets,
    bytes: Uint8Array.of(1),
  };
  return whole as Verified<CheckedBatch>;
}

/** A state with its store, driven a write set at a time. */
export class Fixture {
  readonly store: MemoryRowStore = new MemoryRowStore();
  state: State = State.genesis(rules, this.store, genesis);

  execute(writeSets: readonly CheckedWriteSet[], atMs: number = 0): Execution {
    return this.state.execute(batch(writeSets, hlcAddMs(start, atMs)));
  }

  /** Executes one write in a set of its own; its OUTCOME_*, or the set's REFUSAL_*. */
  write(writer: string, write: Write, atMs: number = 0): number {
    const set = writeSet(writer, [write], { notAfter: hlcAddMs(start, atMs + 60_000) });
    const executed = this.execute([set], atMs).writeSets[0]!;
    return executed.code !== 0 ? executed.code : (executed.result?.outcomes[0]?.code ?? 0);
  }

  entry(name: string, namespace: string = "solo"): EntryRow | undefined {
    const key = entryStateKey(hash, namespace, keyOfName(hash, name));
    const row = this.state.rowAt(this.state.sequence, key);
    return row === undefined ? undefined : entryRowCodec.decode(row);
  }

  /** As after a crash: everything derived is built anew from the rows. */
  restart(): void {
    const state = State.open(rules, this.store, this.state.stateRoot);
    if (state === undefined) throw new Error("the rows do not lead to their root");
    this.state = state;
  }
}
