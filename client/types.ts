import type { Epoch, Hash, Hlc, PublicKey, Sequence, Signature } from "../base/types.ts";
import type { EntryRow, NamespaceRow, WriterRow } from "../consensus/wire/rows.ts";
import type { AdministrationParts } from "../consensus/wire/write-set.ts";
import type { Theory } from "../proof/frame/theory.ts";
import type { RevocationFollower } from "./revocation/revocation-follower.ts";

/** The public face of the library: what `connect` answers, and the shapes that go in and out. */

/** A writer's key. The secret stays behind `sign`; the library never sees it. */
export interface Signer {
  readonly publicKey: PublicKey;
  readonly sign: (message: Uint8Array) => Signature;
}

/** An entry by the name that people gave it (1 to 512 bytes of UTF-8), or by its 32-byte key. */
export type EntryKey = string | Hash;

export interface ConnectOptions {
  /** `cluster.json`, as text or as already parsed. The only thing that is trusted. */
  readonly genesis: string | object;
  /** The writer's key; none: the client only reads. */
  readonly signer?: Signer | undefined;
  /** Where floor, highest certified time and revocation position are kept; none: in memory. */
  readonly folder?: string | undefined;
  /** How old a certified root may be before a read is stale. Default 5,000. */
  readonly freshnessMsMax?: number;
  /** For calls that name none. Default 10,000. */
  readonly deadlineMs?: number;
  /**
   * Resolve at once, with the cluster there or not: calls fail with CLUSTER_UNREACHABLE until it
   * is. For a gateway, which must answer its tools whatever happens. Default false.
   */
  readonly lazy?: boolean;
  /** Ends the wait for the first quorum of connections. */
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the call on; the connection's default when absent. */
  readonly deadlineMs?: number | undefined;
}

// ---------------------------------------------------------------- values

/**
 * A value to be written. Bytes are hashed here. A `StreamedValue` names its digest and is opened
 * once for each replica that wants it, so it never sits in memory; a bare stream is spooled to a
 * temporary file and hashed first.
 */
export type ValueSource = Uint8Array | StreamedValue | AsyncIterable<Uint8Array>;

export interface StreamedValue {
  /** SHA-256 of the bytes. */
  readonly digest: Hash;
  /** Bytes. */
  readonly size: number;
  /** A fresh pass over the bytes; may be called several times, also at once. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** A value that was read. Whatever it hands out has the digest that the entry names. */
export interface ReadValue {
  readonly digest: Hash;
  readonly size: number;
  /** Present when the bytes came with the answer; already checked. */
  readonly bytes: Uint8Array | undefined;
  /**
   * The whole value in memory. For small ones.
   * @throws QuorateError VALUE_UNAVAILABLE
   */
  readonly read: (options?: CallOptions) => Promise<Uint8Array>;
  /**
   * The bytes as they come; the last chunk is withheld until the digest holds, so a consumer that
   * got every chunk has the right bytes.
   * @throws QuorateError VALUE_UNAVAILABLE
   */
  readonly stream: (options?: CallOptions) => AsyncIterable<Uint8Array>;
}

// ---------------------------------------------------------------- writes

export interface PutOptions extends CallOptions {
  /** Class of the artifact. Default "raw/1". */
  readonly kind?: string;
  /** What confirmation compares; required for every kind but "raw/1". */
  readonly semanticDigest?: Hash;
  /** 0 or absent: no end. */
  readonly ttlMs?: number;
  /** Versioned kinds: the version that this one follows, 0 for the first. */
  readonly succeeds?: number;
}

export interface PutItem extends Omit<PutOptions, "signal" | "deadlineMs"> {
  readonly namespace: string;
  readonly key: EntryKey;
  readonly value: ValueSource;
}

/** A write that is proven executed. */
export interface WriteResult {
  readonly namespace: string;
  readonly key: Hash;
  /** Of the value written; undefined for a withdrawal or an administration. */
  readonly digest: Hash | undefined;
  readonly size: number;
  /** Where in the order it was executed, or a later sequence that proves it. */
  readonly sequence: Sequence;
  /** Agreed time of the statement that proves it. */
  readonly time: Hlc;
  /** "pending": recorded as a vote; the namespace's policy asks for more before it is served. */
  readonly outcome: "accepted" | "pending";
  /** Encoded SubmitAnswer: session row, proof and certificate. Believable anywhere. */
  readonly execution: () => Uint8Array;
  /** The entry's own receipt, read at or above `sequence`. */
  readonly receipt: (options?: CallOptions) => Promise<Uint8Array>;
}

/** A signed write set: the same bytes may be sent again after a crash and are executed once. */
export interface SignedWriteSet {
  /** Of the header; names the set for ever. */
  readonly digest: Hash;
  /** Encoded WriteSet, inline values included. */
  readonly bytes: Uint8Array;
  /** The values ride inside; else `submit` needs them. A journal need not keep it. */
  readonly inline?: boolean | undefined;
  /** Refused for ever once agreed time is later. */
  readonly notAfter: Hlc;
}

// ---------------------------------------------------------------- reads

/**
 * certified: one replica's proof under a certified root no older than `freshnessMsMax`.
 * session: certified, and never older than what this client has read or written.
 * linearizable: Q replicas sign this read's nonce over equal roots.
 */
export type ReadKind = "certified" | "session" | "linearizable";

export interface ReadOptions extends CallOptions {
  /** Default "session". */
  readonly kind?: ReadKind;
  /** Serve a proven entry although no fresh root could be had. An absence never is. Default false. */
  readonly allowStale?: boolean;
}

export interface Freshness {
  /** The kind of read that was satisfied. */
  readonly kind: ReadKind;
  /** True: older than `freshnessMsMax`; only with `allowStale`. */
  readonly stale: boolean;
  /** How old the proof was when it was answered, by the reader's now. */
  readonly ageMs: number;
  /** The receipt's time: nothing certified before it is missing. */
  readonly time: Hlc;
}

interface Proven {
  readonly namespace: string;
  readonly key: Hash;
  readonly sequence: Sequence;
  readonly freshness: Freshness;
  /** Encoded Receipt, offline-verifiable. */
  readonly receipt: () => Uint8Array;
}

export interface Miss extends Proven {
  readonly status: "miss";
  /** The proven row when there is one that is not served: expired, pending, disputed, withdrawn. */
  readonly row: EntryRow | undefined;
}

export interface StatHit extends Proven {
  readonly status: "hit";
  readonly entry: EntryRow;
}

export interface GetHit extends StatHit {
  readonly value: ReadValue;
}

export type StatResult = StatHit | Miss;
export type GetResult = GetHit | Miss;

export interface ListOptions extends CallOptions {
  readonly prefix?: string;
  /** Names after this one, in byte order. */
  readonly after?: string;
  /** Default and most: 256. */
  readonly limit?: number;
}

/** Every row is proven; that none was left out is not (there is no proof of a range). */
export interface ListResult {
  readonly sequence: Sequence;
  readonly entries: readonly EntryRow[];
  /** Pass it as `after` for the next page. */
  readonly next: string | undefined;
}

/** Who may write where, and what confirms an entry: all of it, and proven to be all. */
export interface PolicyResult {
  readonly sequence: Sequence;
  readonly writers: readonly WriterRow[];
  /** Those that were set; any other confirms with one operator. */
  readonly namespaces: readonly NamespaceRow[];
}

/** Every row is proven; that none was left out is not. */
export interface ContestedResult {
  readonly sequence: Sequence;
  /** Of all namespaces: disputed, or served although somebody stands behind another answer. */
  readonly entries: readonly EntryRow[];
  /** Pass it as `after` for the next page. */
  readonly next: Uint8Array | undefined;
}

// ---------------------------------------------------------------- client

/** What the client thinks of one replica; for people and metrics, never for decisions of trust. */
export interface ReplicaHealth {
  readonly index: number;
  readonly address: string;
  readonly connected: boolean;
  /** Smoothed, of answered requests. */
  readonly latencyMs: number;
  /** Requests that it did not answer in time. */
  readonly stalls: number;
  /** Writes that it would not take for now; they are sent again, more slowly. */
  readonly busy: number;
  /** Answers refused, by the reason's stable name: "wrong-value", "forged-certificate", … */
  readonly lies: ReadonlyMap<string, number>;
}

export interface ClientStatus {
  readonly name: string;
  readonly clusterId: Hash;
  readonly readOnly: boolean;
  /** Of the newest configuration followed; its members are `replicas`, in their order. */
  readonly epoch: Epoch;
  readonly faultyMax: number;
  /** The highest certified root followed. */
  readonly sequence: Sequence;
  readonly stateRoot: Hash | undefined;
  /** Age of that root's freshness; undefined before the first. */
  readonly freshMs: number | undefined;
  readonly replicas: readonly ReplicaHealth[];
}

/** What was so at an earlier time. */
export interface PastProven {
  /** The last sequence whose agreed time is not later than the time that was asked for … */
  readonly sequence: Sequence;
  /** … its agreed time … */
  readonly time: Hlc;
  /** … and that of the sequence after it; undefined: it is the newest. */
  readonly until: Hlc | undefined;
}

export interface PastResult extends PastProven {
  readonly namespace: string;
  readonly key: Hash;
  /** Not served then: absent, or the row says why. */
  readonly row: EntryRow | undefined;
  /** Of an entry that was served then; its bytes may be collected by now. */
  readonly value: ReadValue | undefined;
  /** Verifies offline, like any other. */
  readonly receipt: () => Uint8Array;
}

export interface StateResult extends PastProven {
  readonly stateRoot: Hash;
  readonly entryCount: number;
  /** Encoded StatementCertificate. */
  readonly certificate: Uint8Array;
}

/** A client's connections under another key. */
export type WriterClient = Pick<Client, "writer" | "sign" | "delete">;

export interface Client {
  readonly clusterId: Hash;
  readonly writer: PublicKey | undefined;

  /**
   * Resolves once the write is proven executed. Many outstanding puts share one signed set.
   * @throws QuorateError NOT_A_WRITER, WRITE_REFUSED, OUTCOME_UNKNOWN (maybe applied), …
   */
  put(
    namespace: string,
    key: EntryKey,
    value: ValueSource,
    options?: PutOptions,
  ): Promise<WriteResult>;
  /** One signed write set (at most 256 items); one result or error for each, in order. */
  putMany(
    items: readonly PutItem[],
    options?: CallOptions,
  ): Promise<readonly PromiseSettledResult<WriteResult>[]>;
  /** Withdraws this writer's operator's vote. */
  delete(namespace: string, key: EntryKey, options?: CallOptions): Promise<WriteResult>;
  /** An administrator's ordered operation. `namespace` is "" where the action names none. */
  administer(
    namespace: string,
    administration: AdministrationParts,
    options?: CallOptions,
  ): Promise<WriteResult>;

  /**
   * Hands this writer's place in the policy to another key, which signs everything from then on:
   * what is under way ends first, what comes meanwhile waits. Sets that `sign` made and that were
   * not sent are the old key's, and refused.
   * @throws QuorateError NOT_A_WRITER, KEY_TAKEN, ROTATION_TOO_SOON, OUTCOME_UNKNOWN, …
   */
  rotate(successor: Signer, options?: CallOptions): Promise<WriteResult>;

  /** Signs without sending, for a journal that must hold the bytes first. Values must have digests. */
  sign(items: readonly PutItem[]): Promise<SignedWriteSet>;
  /** Sends a signed set, again if need be. `values` are uploaded when they do not ride inside. */
  submit(
    writeSet: SignedWriteSet,
    values: readonly StreamedValue[],
    options?: CallOptions,
  ): Promise<readonly PromiseSettledResult<WriteResult>[]>;

  /** Whoever signs, one client sends; `submit` takes any writer's set. */
  asWriter(signer: Signer): WriterClient;

  /** @throws QuorateError CLUSTER_UNREACHABLE, NO_FRESH_CERTIFICATE, DEADLINE_EXCEEDED */
  get(namespace: string, key: EntryKey, options?: ReadOptions): Promise<GetResult>;
  stat(namespace: string, key: EntryKey, options?: ReadOptions): Promise<StatResult>;
  /**
   * The entry as it was at an agreed time within the replicas' window, proven.
   * @throws QuorateError HISTORY_OUTSIDE, READ_INVALID for a time to come, CLUSTER_UNREACHABLE
   */
  getAt(namespace: string, key: EntryKey, at: Hlc, options?: CallOptions): Promise<PastResult>;
  /** The state itself as it was. @throws as `getAt` */
  stateAt(at: Hlc, options?: CallOptions): Promise<StateResult>;
  list(namespace: string, options?: ListOptions): Promise<ListResult>;
  /** The whole policy as of a fresh root. */
  policy(options?: CallOptions): Promise<PolicyResult>;
  /** One page of the entries on which operators differ. `limit`: at most and by default 256. */
  contested(
    options?: CallOptions & { readonly after?: Uint8Array; readonly limit?: number },
  ): Promise<ContestedResult>;
  /**
   * Of an entry that is a set of proofs so much as a theory permits, filtered by the replica that
   * sends it (proof/admission/permitted-set.ts). What it left out is certified to rest on more.
   * @throws QuorateError VALUE_UNAVAILABLE
   */
  permitted(entry: EntryRow, theory: Theory, options?: CallOptions): Promise<Uint8Array>;
  /** The bytes of a digest from any replica, checked as they stream. */
  value(digest: Hash, size: number): ReadValue;

  /**
   * Follows the revocation log from the position that was kept, or from its beginning. One follower
   * for each client; listen before you await anything, or records may pass you by.
   */
  followRevocations(): RevocationFollower;
  status(): ClientStatus;
  /** Each replica's own unsigned account of itself, or undefined where none was had. */
  replicaStatus(options?: CallOptions): Promise<readonly (string | undefined)[]>;
  close(): Promise<void>;
}
