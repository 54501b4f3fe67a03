import { createHash } from "node:crypto";
import { hlcFromMs } from "../../../base/hlc.ts";
import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Epoch, Hash, PublicKey } from "../../../base/types.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import { ENTRY_CONFIRMED, ENTRY_PENDING } from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import { mutabilityOf } from "../../../proof/digest/registry.ts";
import type { Revoked, RevocationFollower } from "../../revocation/revocation-follower.ts";
import type {
  Client,
  ClientStatus,
  GetResult,
  ListOptions,
  ListResult,
  PutItem,
  ReadValue,
  SignedWriteSet,
  StatResult,
  StreamedValue,
  WriteResult,
  WriterClient,
} from "../../types.ts";
import { ScriptedTable } from "./scripted-table.ts";
import type { Placed } from "./scripted-table.ts";

/** How the cluster answers reads. Every one but `honest` must be a quick miss at every door. */
export type ReadScript =
  | "honest"
  | "down"
  | "no-quorum"
  | "view-change"
  | "forged"
  | "hang"
  | "truncated"
  | "empty"
  | "wrong-meaning"
  | "surprise";

export type WriteScript =
  | "honest"
  | "down"
  | "hang"
  | "unauthorised"
  | "lapsed"
  | "unsignable"
  | "withdrawn"
  /** Executed as a vote that others must join. */
  | "pending"
  /** Kept until `release`, and answered then. */
  | "hold"
  /** Kept until `release`; the client hears only that the outcome is unknown. */
  | "unknown";

const ZERO = new Uint8Array(32) as Hash;

/**
 * The client library's interface over a table in memory, which can be told to fail in each way in
 * which the real one fails. What it "proves" is not proven: the doors are what is tested.
 */
export class ScriptedCluster {
  reads: ReadScript = "honest";
  writes: WriteScript = "honest";
  logAgeMs = 0;
  /** Every set that was submitted, in order. */
  readonly submitted: SignedWriteSet[] = [];
  readonly #table = new ScriptedTable();
  /** What was kept by "hold" and "unknown", in order. */
  #held: (() => void)[] = [];
  /** While set, a read that has found its answer hands it out only then. */
  readGate: Promise<void> | undefined;
  readsWaiting = 0;
  /** Of every read, in order. */
  readonly readKinds: string[] = [];
  /** Withdrawals executed. */
  deletes = 0;
  /** Of everything that was signed under a key of its own, in order: whose, and what. */
  readonly signed: { readonly writer: string; readonly name: string }[] = [];
  readonly #executed = new Map<string, Promise<PromiseSettledResult<WriteResult>[]>>();
  readonly #signed = new Map<string, readonly PutItem[]>();
  readonly #listeners = new Set<(revoked: readonly Revoked[]) => void>();
  #revocations = 0;

  client(): Client {
    return {
      clusterId: ZERO,
      writer: ZERO as Uint8Array as PublicKey,
      put: () => Promise.reject(new Error("a gateway signs and submits")),
      putMany: () => Promise.reject(new Error("a gateway signs and submits")),
      administer: () => Promise.reject(new Error("a gateway does not administer")),
      rotate: () => Promise.reject(new Error("a gateway keeps its key")),
      policy: () => Promise.reject(new Error("a gateway does not ask for the policy")),
      contested: () => Promise.reject(new Error("a gateway does not ask what is contested")),
      delete: (namespace, key) => this.#delete(namespace, key as string),
      sign: (items) => this.#sign(items),
      asWriter: ({ publicKey }) => this.#asWriter(publicKey),
      submit: (set, values) => this.#submit(set, values),
      get: (namespace, key, options) => {
        this.readKinds.push(options?.kind ?? "session");
        return this.#get(namespace, key as string);
      },
      stat: (namespace, key, options) => {
        this.readKinds.push(options?.kind ?? "session");
        return this.#stat(namespace, key as string);
      },
      getAt: () => Promise.reject(new Error("a gateway asks for the present")),
      stateAt: () => Promise.reject(new Error("a gateway asks for the present")),
      list: (namespace, options) => this.#list(namespace, options ?? {}),
      permitted: () => Promise.reject(new Error("a gateway asks for no proofs")),
      value: (digest) => this.#value(this.#table.valueOf(digest)),
      followRevocations: () => this.#follower(),
      status: () => this.#status(),
      replicaStatus: () => Promise.resolve([]),
      close: () => {
        this.#listeners.clear();
        return Promise.resolve();
      },
    };
  }

  get rows(): Map<string, EntryRow> {
    return this.#table.rows;
  }

  /** Puts an entry there as if another machine had. */
  place(item: Placed): EntryRow {
    return this.#table.place(item);
  }

  revoke(namespace: string, name: string, valueDigest?: Hash): void {
    const key = keyOfName(nodeCrypto.hash, name);
    const record = { index: this.#revocations++, reason: 1, namespace, key, valueDigest };
    for (const listener of this.#listeners) listener([record]);
  }

  /** What was kept is refused: its time is over. */
  lapse(): void {
    this.writes = "lapsed";
    for (const run of this.#held.splice(0)) run();
  }

  /** Executes what was kept, oldest first, and is honest from then on. */
  release(): void {
    this.writes = "honest";
    for (const run of this.#held.splice(0)) run();
  }

  async #get(namespace: string, name: string): Promise<GetResult> {
    const result = await this.#stat(namespace, name);
    if (result.status === "miss") return result;
    const bytes = this.#table.valueOf(result.entry.valueDigest);
    if (this.reads === "wrong-meaning") {
      const entry = { ...result.entry, semanticDigest: ZERO };
      return { ...result, entry, value: this.#value(bytes) };
    }
    return { ...result, value: this.#value(bytes) };
  }

  async #stat(namespace: string, name: string): Promise<StatResult> {
    await this.#failRead();
    const proven = {
      namespace,
      key: keyOfName(nodeCrypto.hash, name),
      sequence: this.#table.sequence,
      freshness: {
        kind: "certified" as const,
        stale: false,
        ageMs: 1,
        time: hlcFromMs(1_700_000_000_000),
      },
      receipt: () => Uint8Array.of(1, 2, 3),
    };
    const entry = this.rows.get(`${namespace}/${name}`);
    this.readsWaiting++;
    await this.readGate;
    this.readsWaiting--;
    if (entry?.state !== ENTRY_CONFIRMED) return { ...proven, status: "miss", row: entry };
    return { ...proven, status: "hit", entry };
  }

  async #failRead(): Promise<void> {
    switch (this.reads) {
      case "down":
        throw new QuorateError("CLUSTER_UNREACHABLE", "no replica can be reached", "");
      case "no-quorum":
        throw new QuorateError("NO_FRESH_CERTIFICATE", "no certified root", "");
      case "view-change":
      case "forged":
        throw new QuorateError("NO_VALID_ANSWER", "no replica gave an answer that holds", "");
      case "surprise":
        throw new TypeError("nobody thought of this");
      case "hang":
        return new Promise(() => undefined);
      default:
        return undefined;
    }
  }

  #value(bytes: Uint8Array): ReadValue {
    const unavailable = (): QuorateError =>
      new QuorateError("VALUE_UNAVAILABLE", "no replica handed over the bytes", "");
    const broken = this.reads === "truncated" || this.reads === "empty";
    const chunkSize = 64 * 1024;
    const sent = this.reads === "empty" ? 0 : Math.floor(bytes.length / 2);
    return {
      digest: nodeCrypto.hash(bytes),
      size: bytes.length,
      bytes: undefined,
      read: () => (broken ? Promise.reject(unavailable()) : Promise.resolve(bytes)),
      async *stream() {
        const end = broken ? sent : bytes.length;
        for (let offset = 0; offset < end; offset += chunkSize) {
          yield bytes.subarray(offset, Math.min(end, offset + chunkSize));
        }
        if (broken) throw unavailable();
      },
    };
  }

  #asWriter(publicKey: PublicKey): WriterClient {
    const writer = toHex(publicKey);
    return {
      writer: publicKey,
      sign: (items) => {
        for (const { namespace, key } of items) {
          this.signed.push({ writer, name: `${namespace}/${key as string}` });
        }
        return this.#sign(items);
      },
      delete: (namespace, key) => {
        this.signed.push({ writer, name: `delete ${namespace}/${key as string}` });
        return this.#delete(namespace, key as string);
      },
    };
  }

  #sign(items: readonly PutItem[]): Promise<SignedWriteSet> {
    if (this.writes === "unsignable") return Promise.reject(new Error("no epoch known yet"));
    const digest = new Uint8Array(
      createHash("sha256").update(`${this.#signed.size} ${items[0]?.key.toString()}`).digest(),
    ) as Hash;
    this.#signed.set(toHex(digest), items);
    const inline = items.every(({ value }) => value instanceof Uint8Array);
    const bytes = new Uint8Array(digest);
    return Promise.resolve({ digest, bytes, notAfter: hlcFromMs(1_800_000_000_000), inline });
  }

  async #submit(
    set: SignedWriteSet,
    values: readonly StreamedValue[],
  ): Promise<PromiseSettledResult<WriteResult>[]> {
    this.submitted.push(set);
    if (this.writes === "hang") return new Promise(() => undefined);
    if (this.writes === "down") throw new QuorateError("CLUSTER_UNREACHABLE", "nobody", "");
    if (this.writes === "unauthorised") return refused("NOT_ENROLLED");
    if (this.writes === "withdrawn") return refused("WITHDRAWN");
    if (this.writes === "hold") await this.#kept();
    if (this.writes === "lapsed") {
      this.writes = "honest";
      return refused("WRITE_EXPIRED");
    }
    if (this.writes === "unknown") {
      void this.#kept().then(() => this.#executeOnce(set, values));
      throw new QuorateError("OUTCOME_UNKNOWN", "nobody answered", "");
    }
    return this.#executeOnce(set, values);
  }

  #kept(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  #executeOnce(
    set: SignedWriteSet,
    values: readonly StreamedValue[],
  ): Promise<PromiseSettledResult<WriteResult>[]> {
    const text = toHex(set.digest);
    const known = this.#executed.get(text) ?? this.#execute(set, values);
    this.#executed.set(text, known);
    return known;
  }

  async #execute(
    set: SignedWriteSet,
    values: readonly StreamedValue[],
  ): Promise<PromiseSettledResult<WriteResult>[]> {
    const items = this.#signed.get(toHex(set.digest)) ?? [];
    const item = items[0];
    if (item === undefined) return refused("WRITE_MALFORMED");
    const name = item.key as string;
    const present = this.rows.get(`${item.namespace}/${name}`);
    const version = item.succeeds ?? 0;
    const kind = item.kind ?? "raw/1";
    if (mutabilityOf(kind) === "versioned" && version !== (present?.version ?? 0)) {
      return refused("STALE_VERSION");
    }
    const bytes = await collect(item.value, values[0]);
    const semanticDigest = item.semanticDigest ?? nodeCrypto.hash(bytes);
    const same = present && toHex(present.semanticDigest) === toHex(semanticDigest);
    if (present !== undefined && mutabilityOf(kind) === "immutable" && same !== true) {
      return refused("DIFFERS");
    }
    const { namespace } = item;
    const state = this.writes === "pending" ? ENTRY_PENDING : ENTRY_CONFIRMED;
    this.place({ namespace, name, bytes, kind, semanticDigest, version: version + 1, state });
    return [{ status: "fulfilled", value: this.#table.written(namespace, name) }];
  }

  async #delete(namespace: string, name: string): Promise<WriteResult> {
    if (this.writes === "hold" || this.writes === "unknown") await this.#kept();
    if (this.writes === "hang") return new Promise(() => undefined);
    if (this.writes === "down") {
      return Promise.reject(new QuorateError("CLUSTER_UNREACHABLE", "nobody", ""));
    }
    if (!this.rows.delete(`${namespace}/${name}`)) {
      return Promise.reject(new QuorateError("NOTHING_TO_WITHDRAW", "no vote", ""));
    }
    this.deletes++;
    this.revoke(namespace, name);
    return Promise.resolve(this.#table.written(namespace, name));
  }

  async #list(namespace: string, options: ListOptions): Promise<ListResult> {
    await this.#failRead();
    return this.#table.list(namespace, options);
  }

  #follower(): RevocationFollower {
    return {
      followedTo: undefined,
      onRevoked: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      ageMs: () => this.logAgeMs,
    };
  }

  #status(): ClientStatus {
    return {
      name: "scripted",
      clusterId: ZERO,
      readOnly: false,
      epoch: 0 as Epoch,
      faultyMax: 1,
      sequence: this.#table.sequence,
      stateRoot: undefined,
      freshMs: 0,
      replicas: [
        {
          index: 0,
          address: "127.0.0.1:1",
          connected: this.reads !== "down",
          latencyMs: 1,
          stalls: 0,
          busy: 0,
          lies: new Map(this.reads === "forged" ? [["forged-certificate", 3]] : []),
        },
      ],
    };
  }
}

function refused(code: string): PromiseSettledResult<WriteResult>[] {
  return [{ status: "rejected", reason: new QuorateError(code, "refused", "") }];
}

async function collect(
  value: PutItem["value"],
  streamed: StreamedValue | undefined,
): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  const chunks: Uint8Array[] = [];
  for await (const chunk of (streamed ?? (value as StreamedValue)).open()) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
