import { hlcMs } from "../base/hlc.ts";
import { toHex } from "../base/bytes.ts";
import type { Hash, Hlc, PublicKey } from "../base/types.ts";
import { Epochs } from "../consensus/epochs/epochs.ts";
import { OUTCOME_ACCEPTED, OUTCOME_PENDING } from "../consensus/execution/outcomes.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import type { Genesis } from "../consensus/genesis.ts";
import { PAGE_COUNT_MAX, WRITE_SET_COUNT_MAX } from "../consensus/limits.ts";
import { statementCertificateCodec } from "../consensus/wire/certificate.ts";
import type { EntryRow } from "../consensus/wire/rows.ts";
import type { AdministrationParts, Write } from "../consensus/wire/write-set.ts";
import type { Theory } from "../proof/frame/theory.ts";
import { clientStatus, replicaStatus } from "./client-status.ts";
import type { ClientParts } from "./client-parts.ts";
import * as errors from "./errors.ts";
import * as limits from "./limits.ts";
import { EpochFollower } from "./link/epoch-follower.ts";
import { Fleet } from "./link/fleet.ts";
import { FollowedCommittee } from "./link/followed-committee.ts";
import { KnownRoots } from "./link/known-roots.ts";
import { ReaderClock } from "./link/reader-clock.ts";
import { RootFollower } from "./link/root-follower.ts";
import { Sweep } from "./link/sweep.ts";
import { TimeAsker } from "./link/time-asker.ts";
import { WakeWatch } from "./link/wake-watch.ts";
import type { Platform } from "./platform/platform.ts";
import { Floor } from "./read/floor.ts";
import { listContested } from "./read/list-contested.ts";
import { listEntries } from "./read/list-entries.ts";
import { readPastEntry, readPastState } from "./read/read-past.ts";
import { readPolicy } from "./read/read-policy.ts";
import { readPermitted } from "./read/read-permitted.ts";
import { Reader } from "./read/reader.ts";
import type { JudgedRead } from "./read/reader.ts";
import { readValue } from "./read/value-reader.ts";
import { LogFollower } from "./revocation/log-follower.ts";
import type { RevocationFollower } from "./revocation/revocation-follower.ts";
import { KeptState } from "./state/kept-state.ts";
import type * as types from "./types.ts";
import type { Execution } from "./write/check-submit-answer.ts";
import { ExecutedWrite } from "./write/executed-write.ts";
import { outgoingSet } from "./write/signed-set.ts";
import { Submitter } from "./write/submitter.ts";
import { placeOf, planAdministration, planPut, planWithdrawal } from "./write/write-plan.ts";
import type { PlannedWrite } from "./write/write-plan.ts";
import { WriteQueue } from "./write/write-queue.ts";
import type { SettledWrite } from "./write/write-queue.ts";

export interface QuorateClientOptions {
  readonly genesis: Genesis;
  readonly signer: types.Signer | undefined;
  readonly freshnessMsMax: number;
  readonly deadlineMs: number;
}

/** A value that must be uploaded gets this much longer: a slow site link, in bytes a second. */
const UPLOAD_BYTES_PER_SECOND_MIN = 2_000_000;

/** ε: replicas' clocks may be so far ahead of ours. */
const PAST_AHEAD_MS_MAX = 500;

interface PastCall {
  readonly at: Hlc;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The library over some platform: its parts, and the public calls that use them. */
export class QuorateClient implements types.Client {
  readonly #options: QuorateClientOptions;
  readonly #epochs: EpochFollower;
  readonly #parts: ClientParts;
  readonly #reader: Reader;
  readonly #submitter: Submitter;
  readonly #queue: WriteQueue | undefined;
  readonly #queues = new Map<string, WriteQueue>();
  readonly #kept: KeptState;
  readonly #time: TimeAsker;
  readonly #wake: WakeWatch;
  #revocations: LogFollower | undefined;
  #closed = false;

  constructor(options: QuorateClientOptions, platform: Platform) {
    this.#options = options;
    const genesis = genesisCommittee(options.genesis);
    const epochs = new Epochs(platform.crypto, genesis);
    platform.trust((address) => epochs.keyAt(address));
    const committee = new FollowedCommittee(epochs);
    const sweep = new Sweep(platform);
    const fleet = new Fleet(genesis, { platform, sweep });
    this.#epochs = new EpochFollower(epochs, { platform, sweep, fleet });
    const roots = new KnownRoots(epochs);
    const clock = new ReaderClock(platform);
    const floor = new Floor();
    const { crypto } = platform;
    const follower = new RootFollower({ committee, crypto, roots, clock, sweep }, fleet);
    this.#parts = { committee, epochs, platform, fleet, sweep, roots, follower, clock, floor };
    this.#reader = new Reader(options, this.#parts);
    this.#submitter = new Submitter(this.#parts);
    this.#queue = options.signer && this.#queueOf(options.signer);
    const { clusterId } = genesis;
    this.#kept = new KeptState({ clusterId, storage: platform.state }, this.#parts);
    this.#time = new TimeAsker(options.deadlineMs, this.#parts);
    this.#wake = new WakeWatch(platform, sweep, () => void this.#time.keepAsking());
  }

  /** @throws QuorateError CLUSTER_UNREACHABLE when no quorum signs our nonce in time, ABORTED */
  async open(options: {
    readonly lazy: boolean;
    readonly signal: AbortSignal | undefined;
  }): Promise<void> {
    await this.#kept.load();
    const { fleet, epochs } = this.#parts;
    // What was followed before is known again: the first members may all be gone.
    if (epochs.newest.epoch > 0) fleet.enter(epochs.newest);
    else fleet.start();
    this.#epochs.start();
    this.#wake.start();
    if (options.lazy || !(await this.#time.ask(options.signal))) void this.#time.keepAsking();
  }

  get clusterId(): Hash {
    return this.#parts.committee.clusterId;
  }

  get writer(): PublicKey | undefined {
    return this.#queue?.writer;
  }

  async put(
    namespace: string,
    key: types.EntryKey,
    value: types.ValueSource,
    options: types.PutOptions = {},
  ): Promise<types.WriteResult> {
    const queue = this.#writing();
    const { platform } = this.#parts;
    const planned = await planPut(platform, { ...options, namespace, key, value });
    return this.#write(queue, planned, options);
  }

  async putMany(
    items: readonly types.PutItem[],
    options: types.CallOptions = {},
  ): Promise<readonly PromiseSettledResult<types.WriteResult>[]> {
    const queue = this.#writing();
    if (items.length === 0) return [];
    const planned = await this.#planAll(items);
    const deadlineMs = this.#writeDeadline(planned, options);
    const settled = queue.addTogether(planned, { deadlineMs, signal: options.signal });
    const results = settled.map((one, index) =>
      one.then((write) => this.#resultOf(write, planned[index]!.write)),
    );
    return Promise.allSettled(results).finally(() => disposeAll(planned));
  }

  async delete(
    namespace: string,
    key: types.EntryKey,
    options: types.CallOptions = {},
  ): Promise<types.WriteResult> {
    const queue = this.#writing();
    return this.#write(queue, planWithdrawal(this.#parts.platform, namespace, key), options);
  }

  async administer(
    namespace: string,
    administration: AdministrationParts,
    options: types.CallOptions = {},
  ): Promise<types.WriteResult> {
    return this.#write(this.#writing(), planAdministration(namespace, administration), options);
  }

  async rotate(
    successor: types.Signer,
    options: types.CallOptions = {},
  ): Promise<types.WriteResult> {
    const deadlineMs = this.#deadline(options);
    const { signal } = options;
    const { settled, write } = await this.#writing().rotate(successor, { deadlineMs, signal });
    return this.#resultOf(settled, write);
  }

  sign(items: readonly types.PutItem[]): Promise<types.SignedWriteSet> {
    return this.#sign(this.#writing(), items);
  }

  asWriter(signer: types.Signer): types.WriterClient {
    const writing = (): WriteQueue => this.#queueOf(signer);
    const { platform } = this.#parts;
    return {
      writer: signer.publicKey,
      sign: async (items) => this.#sign(writing(), items),
      delete: async (namespace, key, options = {}) =>
        this.#write(writing(), planWithdrawal(platform, namespace, key), options),
    };
  }

  async #sign(queue: WriteQueue, items: readonly types.PutItem[]): Promise<types.SignedWriteSet> {
    const planned = await this.#planAll(items);
    const { set, bytes } = queue.sign(planned, limits.JOURNAL_NOT_AFTER_MS, "journal");
    return { digest: set.digest, bytes, inline: set.inline, notAfter: set.notAfter };
  }

  async submit(
    writeSet: types.SignedWriteSet,
    values: readonly types.StreamedValue[],
    options: types.CallOptions = {},
  ): Promise<readonly PromiseSettledResult<types.WriteResult>[]> {
    this.#refuseIfClosed();
    const set = outgoingSet(this.#parts.platform.crypto.hash, writeSet.bytes);
    const bytes = values.reduce((sum, { size }) => sum + size, 0);
    const deadlineMs = this.#deadline(options) + uploadMs(set.inline ? 0 : bytes);
    const giveUp = (why: string): void => this.#submitter.abandon(set.digest, why);
    const deadline = this.#parts.sweep.after(deadlineMs, () => giveUp("the deadline passed"));
    const onAbort = (): void => giveUp("the caller's signal ended the wait");
    if (options.signal?.aborted === true) throw errors.aborted(options.signal.reason);
    options.signal?.addEventListener("abort", onAbort);
    try {
      const execution = await this.#submitter.submit(set, values);
      return await Promise.allSettled(
        set.writes.map(async (write, index) => this.#resultOf({ execution, index }, write)),
      );
    } finally {
      deadline();
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  async get(
    namespace: string,
    key: types.EntryKey,
    options: types.ReadOptions = {},
  ): Promise<types.GetResult> {
    const read = await this.#read(namespace, key, options, true);
    const stat = statOf(read);
    if (stat.status === "miss") return stat;
    const { valueDigest: digest, size } = stat.entry;
    return { ...stat, value: readValue(this.#parts, { digest, size, bytes: read.value }) };
  }

  async stat(
    namespace: string,
    key: types.EntryKey,
    options: types.ReadOptions = {},
  ): Promise<types.StatResult> {
    return statOf(await this.#read(namespace, key, options, false));
  }

  async getAt(
    namespace: string,
    key: types.EntryKey,
    at: Hlc,
    options: types.CallOptions = {},
  ): Promise<types.PastResult> {
    const place = placeOf(this.#parts.platform.crypto.hash, namespace, key);
    const call = this.#past(at, options);
    const past = await readPastEntry(this.#parts, { ...place, ...call, wantValue: true });
    const { row, root, until, receipt, served } = past;
    const { sequence, agreedTime: time } = root;
    const value =
      row !== undefined && served
        ? readValue(this.#parts, { digest: row.valueDigest, size: row.size, bytes: past.value })
        : undefined;
    return { ...place, sequence, time, until, row, value, receipt };
  }

  async stateAt(at: Hlc, options: types.CallOptions = {}): Promise<types.StateResult> {
    const { root, until, meta } = await readPastState(this.#parts, this.#past(at, options));
    const { sequence, agreedTime: time, stateRoot } = root;
    const certificate = statementCertificateCodec.encode(root.certificate);
    return { sequence, time, until, stateRoot, entryCount: meta.entryCount, certificate };
  }

  #past(at: Hlc, options: types.CallOptions): PastCall {
    this.#refuseIfClosed();
    // A little later than now is a clock that differs; the answer waits for heartbeats anyway.
    if (hlcMs(at) > this.#parts.clock.nowMs() + PAST_AHEAD_MS_MAX) {
      throw errors.readInvalid("a time to come has no state yet");
    }
    return { at, deadlineMs: this.#deadline(options), signal: options.signal };
  }

  async list(namespace: string, options: types.ListOptions = {}): Promise<types.ListResult> {
    this.#refuseIfClosed();
    return listEntries(this.#parts, this.#options.freshnessMsMax, {
      namespace,
      prefix: options.prefix ?? "",
      after: options.after ?? "",
      limit: pageOf(options.limit),
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
  }

  async policy(options: types.CallOptions = {}): Promise<types.PolicyResult> {
    this.#refuseIfClosed();
    return readPolicy(this.#parts, this.#options.freshnessMsMax, {
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
  }

  async contested(
    options: types.CallOptions & { readonly after?: Uint8Array; readonly limit?: number } = {},
  ): Promise<types.ContestedResult> {
    this.#refuseIfClosed();
    return listContested(this.#parts, this.#options.freshnessMsMax, {
      after: options.after,
      limit: pageOf(options.limit),
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
  }

  permitted(entry: EntryRow, theory: Theory, options: types.CallOptions = {}): Promise<Uint8Array> {
    this.#refuseIfClosed();
    const deadlineMs = this.#deadline(options);
    return readPermitted(this.#parts, entry, theory, { ...options, deadlineMs });
  }

  value(digest: Hash, size: number): types.ReadValue {
    return readValue(this.#parts, { digest, size });
  }

  followRevocations(): RevocationFollower {
    this.#revocations ??= new LogFollower(this.#parts, this.#kept);
    return this.#revocations;
  }

  status(): types.ClientStatus {
    const { name } = this.#options.genesis;
    return clientStatus(this.#parts, { name, readOnly: this.#queue === undefined });
  }

  async replicaStatus(options: types.CallOptions = {}): Promise<readonly (string | undefined)[]> {
    this.#refuseIfClosed();
    return replicaStatus(this.#parts, this.#deadline(options));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake.stop();
    this.#time.stop();
    this.#epochs.stop();
    this.#revocations?.stop();
    this.#submitter.close();
    await this.#kept.close();
    this.#parts.fleet.stop();
    this.#parts.platform.blobs.close();
    this.#parts.sweep.close();
  }

  #read(
    namespace: string,
    key: types.EntryKey,
    options: types.ReadOptions,
    wantValue: boolean,
  ): Promise<JudgedRead> {
    this.#refuseIfClosed();
    return this.#reader.read({
      ...placeOf(this.#parts.platform.crypto.hash, namespace, key),
      kind: options.kind ?? "session",
      wantValue,
      allowStale: options.allowStale ?? false,
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
  }

  async #write(
    queue: WriteQueue,
    planned: PlannedWrite,
    options: types.CallOptions,
  ): Promise<types.WriteResult> {
    const deadlineMs = this.#writeDeadline([planned], options);
    try {
      const settled = await queue.add(planned, { deadlineMs, signal: options.signal });
      return this.#resultOf(settled, planned.write);
    } finally {
      if (planned.dispose !== undefined) await planned.dispose();
    }
  }

  async #planAll(items: readonly types.PutItem[]): Promise<readonly PlannedWrite[]> {
    if (items.length > WRITE_SET_COUNT_MAX || items.length === 0) {
      throw errors.writeInvalid(`one write set holds 1 to ${WRITE_SET_COUNT_MAX} writes`);
    }
    return Promise.all(items.map((item) => planPut(this.#parts.platform, item)));
  }

  /** @throws QuorateError with the outcome's own code */
  #resultOf({ execution, index }: SettledWrite, write: Write): types.WriteResult {
    const code = execution.outcomeOf(index);
    if (code !== OUTCOME_ACCEPTED && code !== OUTCOME_PENDING) throw errors.writeRefused(code);
    return new ExecutedWrite(execution, write, code === OUTCOME_PENDING, (options) =>
      this.#receiptOf(execution, write, options),
    );
  }

  async #receiptOf(
    execution: Execution,
    write: Write,
    options: types.CallOptions,
  ): Promise<Uint8Array> {
    const { namespace, key } = write;
    if (key === undefined) throw errors.readInvalid("an administration has no entry");
    const read = await this.#reader.read({
      namespace,
      key,
      kind: "session",
      wantValue: false,
      allowStale: false,
      deadlineMs: this.#deadline(options),
      signal: options.signal,
      floor: execution.sequence,
    });
    return read.receipt();
  }

  #writing(): WriteQueue {
    this.#refuseIfClosed();
    if (this.#queue === undefined) throw errors.notAWriter();
    return this.#queue;
  }

  /** One for each key: its sessions are few, and shared by all who write under it. */
  #queueOf(signer: types.Signer): WriteQueue {
    this.#refuseIfClosed();
    const name = toHex(signer.publicKey);
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new WriteQueue({ ...this.#parts, submitter: this.#submitter, signer });
    this.#queues.set(name, queue);
    return queue;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw errors.clientClosed();
  }

  #deadline(options: types.CallOptions): number {
    return options.deadlineMs ?? this.#options.deadlineMs;
  }

  #writeDeadline(planned: readonly PlannedWrite[], options: types.CallOptions): number {
    if (options.deadlineMs !== undefined) return options.deadlineMs;
    const uploaded = planned.reduce(
      (sum, { bytes, value }) => sum + (bytes === undefined ? (value?.size ?? 0) : 0),
      0,
    );
    return this.#options.deadlineMs + uploadMs(uploaded);
  }
}

function uploadMs(bytes: number): number {
  return (bytes / UPLOAD_BYTES_PER_SECOND_MIN) * 1_000;
}

function disposeAll(planned: readonly PlannedWrite[]): void {
  for (const { dispose } of planned) void dispose?.();
}

function statOf(read: JudgedRead): types.StatResult {
  const { namespace, key, root, freshness, receipt, row, served } = read;
  const proven = { namespace, key, sequence: root.sequence, freshness, receipt };
  if (served && row !== undefined) return { status: "hit", ...proven, entry: row };
  return { status: "miss", ...proven, row };
}

function pageOf(limit: number = PAGE_COUNT_MAX): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_COUNT_MAX) return limit;
  throw errors.readInvalid(`a page has 1 to ${PAGE_COUNT_MAX} entries`);
}
