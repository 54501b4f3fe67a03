import { equalBytes } from "../../base/bytes.ts";
import { invariant } from "../../base/assert.ts";
import { HLC_ZERO } from "../../base/hlc.ts";
import type { Epoch, Hash, Hlc, PublicKey, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { Application, Execution } from "../application.ts";
import type { CheckedBatch } from "../checked.ts";
import type { Committee } from "../committee.ts";
import type { Genesis } from "../genesis.ts";
import { genesisRows } from "../genesis-rows.ts";
import { HISTORY_LENGTH, PAGE_COUNT_MAX } from "../limits.ts";
import { MapTransfer } from "../map/map-transfer.ts";
import { rowHash } from "../map/node-hash.ts";
import type { RowChange, RowStore } from "../map/row-store.ts";
import { SPACE, historyStateKey, metaStateKey } from "../map/state-keys.ts";
import { AuthenticatedMap } from "../map/trie.ts";
import type { MapVersion } from "../map/trie.ts";
import type { Verified } from "../verified.ts";
import type { FetchNodes, FetchRows, Nodes, Rows } from "../wire/agreement.ts";
import type { Statement } from "../wire/certificate.ts";
import type { MapProof } from "../wire/receipt.ts";
import { historyRowCodec, metaRowCodec } from "../wire/rows.ts";
import type { MetaRow } from "../wire/rows.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import { agreedTimeAfter } from "./agreed-time.ts";
import { Configurations } from "./configurations.ts";
import type { MembershipRules } from "./configurations.ts";
import { Entries } from "./entries.ts";
import { Executor } from "./executor.ts";
import type { KindTable } from "./kind-table.ts";
import { listContested } from "./list-contested.ts";
import { listRows } from "./list-rows.ts";
import type { ListQuery, Listing } from "./list-rows.ts";
import { Policy } from "./policy.ts";
import { Quarantine } from "./quarantine.ts";
import type { QuarantineRules } from "./quarantine.ts";
import { RevocationLog } from "./revocation-log.ts";
import { RevokedWriters } from "./revoked-writers.ts";
import { keysOf, policyOf } from "./whole-policy.ts";
import type { WholePolicy } from "./whole-policy.ts";
import { loadRow } from "./load-row.ts";
import { Sessions } from "./sessions.ts";
import { nodesOf, rowsOf } from "./transfer-source.ts";
import { Versions } from "./versions.ts";
import type { HistoryWindow } from "./versions.ts";
import { WorkingRows } from "./working-rows.ts";

/** What execution rests on beside the map. Equal on all replicas, or they part. */
export interface StateRules {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly kinds: KindTable;
  /** Whether a public key may be enrolled: canonical, torsion-free, not of small order. */
  readonly admitsKey: (key: PublicKey) => boolean;
  readonly quarantine: QuarantineRules;
  readonly membership: Omit<MembershipRules, "admitsKey">;
}

/**
 * The replicated state: rows in a store, under one root. See README.md beside this file.
 *
 * 1. Everything that execution reads is in the map or derived from it, so equal batches from an
 *    equal root lead to equal roots, restarts and transfers between them or not.
 * 2. `proofAt` and `rowAt` answer for any sequence that was not released, whatever came after.
 */
export class State implements Application {
  #rules: StateRules;
  #store: RowStore;
  #map: AuthenticatedMap;
  #versions: Versions;
  #rows: WorkingRows;
  #sessions: Sessions;
  #policy: Policy;
  #entries: Entries;
  #revocations: RevocationLog;
  #revokedWriters: RevokedWriters;
  #quarantine: Quarantine;
  #configurations: Configurations;
  #executor: Executor;
  #meta: MetaRow;
  #version: MapVersion;
  #isWhole: boolean;

  private constructor(
    rules: StateRules,
    store: RowStore,
    map: AuthenticatedMap,
    { meta, isWhole }: { readonly meta: MetaRow; readonly isWhole: boolean },
  ) {
    this.#rules = rules;
    this.#store = store;
    this.#map = map;
    this.#meta = meta;
    this.#version = map.commit();
    this.#versions = new Versions(map);
    this.#isWhole = isWhole;
    const { sequence, agreedTime: time } = meta;
    if (isWhole) this.#versions.add(sequence, this.#version, { changes: 0, time });
    this.#rows = new WorkingRows(map, store, rules.hash);
    this.#sessions = new Sessions(this.#rows, rules.hash);
    this.#policy = new Policy(this.#rows, rules.hash);
    this.#entries = new Entries(this.#rows, () => keysOf(map, SPACE.entry));
    this.#revocations = new RevocationLog(this.#rows, rules.hash);
    this.#revokedWriters = new RevokedWriters(this.#rows, map);
    this.#quarantine = new Quarantine(this.#rows, rules.quarantine);
    const { membership, admitsKey } = rules;
    this.#configurations = new Configurations(this.#rows, { ...membership, admitsKey });
    this.#executor = new Executor({
      ...rules,
      sessions: this.#sessions,
      policy: this.#policy,
      entries: this.#entries,
      revocations: this.#revocations,
      revokedWriters: this.#revokedWriters,
      quarantine: this.#quarantine,
      configurations: this.#configurations,
      verify: membership.verify,
    });
  }

  /** Writes the genesis rows into an empty store. */
  static genesis(rules: StateRules, store: RowStore, genesis: Genesis): State {
    const rows = genesisRows(rules.hash, genesis);
    const map = new AuthenticatedMap(rules.hash);
    for (const { key, row } of rows) map.set(key, rowHash(rules.hash, row));
    const stateRoot = map.commit().root;
    store.apply({ sequence: 0 as Sequence, stateRoot, agreedTime: genesis.time, rows });
    const state = State.open(rules, store, stateRoot);
    invariant(state !== undefined, "the genesis store was empty");
    return state;
  }

  /**
   * Rebuilds trie and indexes from a scan of the rows. Undefined: the rows do not lead to the root
   * that was kept with them; the store must be wiped and transferred.
   */
  static open(rules: StateRules, store: RowStore, stateRoot: Hash): State | undefined {
    const map = new AuthenticatedMap(rules.hash);
    for (const [key, row] of store.entries()) map.set(key, rowHash(rules.hash, row));
    const version = map.commit();
    map.release(version);
    if (!equalBytes(version.root, stateRoot)) return undefined;
    const meta = readMeta(store);
    if (meta === undefined) return undefined;
    const state = new State(rules, store, map, { meta, isWhole: true });
    for (const [key, row] of store.entries()) state.#load({ key, row, previous: undefined });
    return state;
  }

  /**
   * What is left of damaged rows: the base of a transfer, which then asks for nothing but what is
   * missing or wrong. `executed`: what the store says of itself; undefined: that is lost, too.
   */
  static salvage(
    rules: StateRules,
    store: RowStore,
    executed: { readonly sequence: Sequence; readonly agreedTime: Hlc } | undefined,
  ): State {
    const map = new AuthenticatedMap(rules.hash);
    for (const [key, row] of store.entries()) map.set(key, rowHash(rules.hash, row));
    const nothing = { sequence: 0 as Sequence, agreedTime: HLC_ZERO };
    const { sequence, agreedTime } = executed ?? readMeta(store) ?? nothing;
    const meta = { sequence, agreedTime, entryCount: 0, historyLow: sequence };
    const state = new State(rules, store, map, { meta, isWhole: false });
    for (const [key, row] of store.entries()) state.#load({ key, row, previous: undefined });
    return state;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get sequence(): Sequence {
    return this.#meta.sequence;
  }

  get stateRoot(): Hash {
    return this.#version.root;
  }

  get agreedTime(): Hlc {
    return this.#meta.agreedTime;
  }

  /** Entry rows in the state, tombstones included. */
  get entryCount(): number {
    return this.#entries.count;
  }

  execute(batch: Verified<CheckedBatch> | undefined): Execution {
    const sequence = (this.sequence + 1) as Sequence;
    const proposed = batch === undefined || isNull(batch) ? undefined : batch.batch.proposedTime;
    const time = agreedTimeAfter(this.agreedTime, proposed);
    const historyLow = this.#moveHistory();
    this.#executor.sweep({ sequence, time });
    const writeSets = (batch?.writeSets ?? []).map((writeSet) =>
      this.#executor.writeSet(writeSet, { sequence, time }),
    );
    if (batch?.removal !== undefined) this.#executor.remove(batch.removal, { sequence, time });
    this.#entries.sweep(time);
    this.#entries.evict(sequence, this.#policy.quotas);
    this.#endEpoch(sequence);
    this.#sessions.flush();
    this.#revocations.flush();
    const entryCount = this.#entries.count;
    this.#meta = { sequence, agreedTime: time, entryCount, historyLow };
    this.#rows.set(metaStateKey(), metaRowCodec.encode(this.#meta));
    const changes = this.#rows.flush();
    this.#arriveAt(this.#map.commit(), changes);
    return { stateRoot: this.stateRoot, agreedTime: time, writeSets };
  }

  get quarantined(): ReadonlySet<ReplicaIndex> {
    return this.#quarantine.replicas;
  }

  epochEndOf(epoch: Epoch): Sequence | undefined {
    return this.#configurations.endOf(epoch);
  }

  /** Who votes on a sequence, as far as what is executed tells. */
  committeeAt(sequence: Sequence): Committee {
    return this.#configurations.committeeAt(sequence);
  }

  isEnrolled(header: WriteSetHeader): boolean {
    return this.#policy.writer(header.writer) !== undefined;
  }

  standingOf(header: WriteSetHeader): "open" | "executed" | "closed" {
    return this.#sessions.standingOf(header, this.agreedTime);
  }

  /** Keeps versions readable for longer than agreement needs them: for answers about earlier times. */
  keepHistory(window: HistoryWindow): void {
    this.#versions.window = window;
  }

  /** Sequences below this one need be readable no longer, but for those of the window and pinned ones. */
  release(below: Sequence): void {
    this.#versions.release(below);
  }

  /** Whether `proofAt` and `rowAt` can answer for this sequence. */
  retains(sequence: Sequence): boolean {
    return this.#versions.get(sequence) !== undefined;
  }

  /** Undefined: the sequence is not retained. */
  proofAt(sequence: Sequence, key: Uint8Array): MapProof | undefined {
    const version = this.#versions.get(sequence);
    return version === undefined ? undefined : this.#map.prove(version, key);
  }

  /** Undefined: absent, or the sequence is not retained. */
  rowAt(sequence: Sequence, key: Uint8Array): Uint8Array | undefined {
    const version = this.#versions.get(sequence);
    if (version === undefined || this.#map.getAt(version, key) === undefined) return undefined;
    const overwritten = this.#versions.history.overwrittenSince(sequence, key);
    const row = overwritten === undefined ? this.#store.get(key) : overwritten.row;
    invariant(row !== undefined, "the store holds every row of a retained version", { sequence });
    return row;
  }

  /** Confirmed entries by name in byte order, after `after`, as of a retained sequence. */
  list(query: ListQuery): Listing {
    return listRows(query, this.#entries.names, this.#rules.hash, (key) =>
      this.rowAt(query.sequence, key),
    );
  }

  /** Entries on which operators differ, in the order of their map keys, after this one. */
  contested(sequence: Sequence, after: Uint8Array, limit: number): Listing {
    return listContested({ sequence, after, limit }, this.#entries.contested, (key) =>
      this.rowAt(sequence, key),
    );
  }

  /** All of policy with the proof that it is all; undefined: the sequence is not retained. */
  policyAt(sequence: Sequence): WholePolicy | undefined {
    const version = this.#versions.get(sequence);
    if (version === undefined) return undefined;
    return policyOf(this.#map, version, (key) => this.rowAt(sequence, key));
  }

  /** Keeps a retained sequence readable for a transfer; false: it is not retained, or too many are. */
  pin(sequence: Sequence): boolean {
    return this.#versions.pin(sequence);
  }

  unpin(sequence: Sequence): void {
    this.#versions.unpin(sequence);
  }

  /** Answers a peer's question; `gone` when the root is neither retained nor pinned. */
  answerNodes(fetch: FetchNodes): Nodes {
    const { root } = fetch;
    const version = this.#versions.get(fetch.sequence);
    if (version === undefined || !equalBytes(version.root, root)) {
      return { root, gone: true, nodes: [] };
    }
    return { root, gone: false, nodes: nodesOf(this.#map, version, fetch.paths) };
  }

  answerRows(fetch: FetchRows): Rows {
    const { root } = fetch;
    const sequence = this.#versions.sequenceOf(root);
    if (sequence === undefined) return { root, gone: true, keys: [], rows: [] };
    const found = rowsOf(fetch.keys.slice(0, PAGE_COUNT_MAX), (key) => this.rowAt(sequence, key));
    return { root, gone: false, ...found };
  }

  beginTransfer(statement: Statement): MapTransfer {
    const target = { sequence: statement.sequence, root: statement.stateRoot };
    return new MapTransfer(this.#rules.hash, this.#map, this.#version, target);
  }

  /**
   * The state now stands at the statement that the transfer was last aimed at; the store was given
   * every change. Nothing may have been executed since the transfer began.
   */
  finishTransfer(transfer: MapTransfer): void {
    invariant(equalBytes(transfer.origin.root, this.stateRoot), "nothing moved during a transfer", {
      sequence: this.sequence,
    });
    const { version, changes } = transfer.finish();
    const replaced = changes.map((change) => ({
      ...change,
      previous: this.#map.has(change.key) ? this.#store.get(change.key) : undefined,
    }));
    this.#map.reset(version);
    // It was never shown, so nothing else holds it.
    if (!this.#isWhole) this.#map.release(this.#version);
    this.#sessions.clear();
    const changed = changes.find(({ key }) => equalBytes(key, metaStateKey()))?.row;
    // A repair may lead to the very sequence that it began at.
    const meta = changed ?? this.#store.get(metaStateKey());
    invariant(meta !== undefined, "every state has its meta row");
    this.#meta = metaRowCodec.decode(meta);
    this.#isWhole = true;
    for (const change of replaced) this.#load(change);
    this.#entries.replaced();
    this.#arriveAt(version, replaced);
  }

  #endEpoch(sequence: Sequence): void {
    const next = this.#configurations.beginningAfter(sequence);
    if (next === undefined) return;
    this.#quarantine.follow(this.#configurations.committeeAt(sequence), next);
  }

  /** The row of the predecessor comes, the oldest goes (R5). */
  #moveHistory(): Sequence {
    const { sequence, agreedTime: time, historyLow } = this.#meta;
    const row = historyRowCodec.encode({ sequence, time, stateRoot: this.stateRoot });
    this.#rows.set(historyStateKey(sequence), row);
    if (sequence - historyLow < HISTORY_LENGTH) return historyLow;
    this.#rows.set(historyStateKey(historyLow), undefined);
    return (historyLow + 1) as Sequence;
  }

  #arriveAt(
    version: MapVersion,
    changes: readonly (RowChange & { readonly previous: Uint8Array | undefined })[],
  ): void {
    const { sequence, agreedTime } = this.#meta;
    this.#version = version;
    this.#versions.history.record(sequence, changes);
    this.#versions.add(sequence, version, { changes: changes.length, time: agreedTime });
    this.#store.apply({ sequence, stateRoot: version.root, agreedTime, rows: changes });
  }

  #load(change: RowChange & { readonly previous: Uint8Array | undefined }): void {
    loadRow(change, {
      entries: this.#entries,
      policy: this.#policy,
      revokedWriters: this.#revokedWriters,
      quarantine: this.#quarantine,
      configurations: this.#configurations,
    });
  }
}

function readMeta(store: RowStore): MetaRow | undefined {
  const bytes = store.get(metaStateKey());
  return bytes === undefined ? undefined : metaRowCodec.tryDecode(bytes);
}

/** The null request is the empty batch encoding. */
function isNull(batch: CheckedBatch): boolean {
  return batch.bytes.length === 0;
}
