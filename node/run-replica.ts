import { randomBytes } from "node:crypto";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { ReplicaIndex } from "../base/types.ts";
import type { Committee } from "../consensus/committee.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import { HISTORY_LENGTH } from "../consensus/limits.ts";
import { Replica } from "../consensus/replica/replica.ts";
import type { Timing } from "../consensus/replica/timing.ts";
import { Verifier } from "../consensus/verifier.ts";
import { ClientDoor } from "./client-api/client-door.ts";
import type { Disguise } from "./disguise.ts";
import { EvidenceFolder } from "./evidence-folder.ts";
import { folderLayout } from "./folder-layout.ts";
import type { FolderLayout } from "./folder-layout.ts";
import { HaltLatch } from "./halt-latch.ts";
import { latchAmnesia, openPromises } from "./held-promises.ts";
import type { HeldPromises } from "./held-promises.ts";
import type { BlobStore } from "./host/blob-store.ts";
import type { Machine } from "./host/machine.ts";
import { ReplicaHost } from "./host/replica-host.ts";
import { semanticDigestOf } from "./host/semantic-digests.ts";
import { StoreBlobs } from "./host/store-blobs.ts";
import type { InlineValue } from "./host/value-keeper.ts";
import { blobRoute } from "./http/blob-routes.ts";
import { UploadSlots } from "./http/upload-slots.ts";
import { valuePackRoute } from "./http/value-pack-route.ts";
import { evidenceRoutes } from "./http/evidence-routes.ts";
import { healthRoutes } from "./http/health-routes.ts";
import { HttpServer } from "./http/http-server.ts";
import type { UpgradeHandler } from "./http/http-server.ts";
import { timeRoute } from "./http/time-route.ts";
import type { JournalDoor } from "./journal/journal-door.ts";
import { JournaledMachine } from "./journal/journaled-machine.ts";
import { JournaledTransport } from "./journal/journaled-transport.ts";
import { JOURNAL_BYTES_DEFAULT, JOURNAL_BYTES_MIN } from "./journal/limits.ts";
import { openJournal } from "./journal/open-journal.ts";
import type { OpenJournal } from "./journal/open-journal.ts";
import { HISTORY_CHANGE_COUNT_MAX, HISTORY_MINUTES_DEFAULT } from "./limits.ts";
import { loadFolder } from "./load-folder.ts";
import type { LoadedFolder } from "./load-folder.ts";
import { createLog } from "./log.ts";
import type { Logger } from "./log.ts";
import { Figures } from "./metrics/figures.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { openState } from "./open-state.ts";
import type { OpenedState } from "./open-state.ts";
import type { ReplicaStatus } from "./status.ts";
import type { Damage } from "./store/damage.ts";
import { SystemClock } from "./system-clock.ts";
import { createTimekeeper } from "./time/create-timekeeper.ts";
import type { TimeStatus } from "./time/time-status.ts";
import type { Timekeeper } from "./time/timekeeper.ts";
import type { Identity } from "./transport/handshake.ts";
import type { Transport } from "./transport/transport.ts";
import { WebSocketTransport } from "./transport/web-socket-transport.ts";

export interface RunReplicaOptions {
  readonly folder: string;
  /** trace, debug, info, warn, error, fatal or silent. */
  readonly logLevel?: string;
  readonly logDestination?: { write(line: string): void };
  readonly timing?: Partial<Timing>;
  /**
   * The replica can go on no longer (a broken invariant, promises that cannot be made durable). By
   * default the process ends: what is in memory must not be believed any more.
   */
  readonly onFatal?: (error: unknown) => void;
  /** For tests and experiments: something between the state machine and its host. */
  readonly wrapMachine?: (machine: Machine) => Machine;
  /** For tests: between the replica and what leaves it. */
  readonly disguise?: Disguise;
  /** Where time is asked for (time/time-source.ts). By default what node.json says. */
  readonly timeServers?: readonly string[] | undefined;
  /** How far back reads of earlier times reach, 0 for not at all. By default what node.json says. */
  readonly historyMinutes?: number | undefined;
  /** What the journal may take on disk, bytes; 0: none is kept. By default what node.json says. */
  readonly journalBytesMax?: number | undefined;
}

export interface RunningReplica {
  readonly index: ReplicaIndex;
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  status(): ReplicaStatus;
  /** Finishes what is under way, flushes and lets go of folder and port. */
  close(): Promise<void>;
}

/**
 * Starts one replica from its folder and resolves once it listens; `/readyz` says when it serves.
 *
 * @throws QuorateError NODE_FOLDER, GENESIS_INVALID, KEY_FILE_*, FOLDER_IN_USE, STORE_FORMAT,
 *   CLOCK_FILE, PORT_IN_USE, PORT_UNUSABLE, TIME_SERVER
 */
export async function runReplica(options: RunReplicaOptions): Promise<RunningReplica> {
  const layout = folderLayout(options.folder);
  const loaded = loadFolder(layout);
  const { logDestination: destination } = options;
  const log = createLog({
    level: options.logLevel ?? "info",
    index: loaded.index,
    ...(destination === undefined ? {} : { destination }),
  });
  const figures = new Figures();
  const timekeeper = createTimekeeper(options.timeServers ?? loaded.timeServers, log);
  const promises = openPromises(layout.promises, log);
  let journal: OpenJournal | undefined;
  const opened = await openState(layout.store, loaded.genesis, {
    log,
    onDamage: (damage) => {
      onDamage(damage, figures, log);
      journal?.scribe.note("fault", { what: `damaged ${damage.what}`, target: journal.name });
    },
  });
  const parts = { options, layout, loaded, log, figures, promises, opened, timekeeper };
  const minutes = options.historyMinutes ?? loaded.historyMinutes ?? HISTORY_MINUTES_DEFAULT;
  if (minutes > 0) {
    const [sequenceCountMax, changeCountMax] = [HISTORY_LENGTH, HISTORY_CHANGE_COUNT_MAX];
    opened.state.keepHistory({ sequenceCountMax, changeCountMax, ageMsMax: minutes * 60_000 });
  }
  const replica = assemble(parts);
  ({ journal } = replica);
  const { host, port } = loaded.listen;
  try {
    const address = await replica.server.listen(host, port);
    // The only step of this clock is before anybody saw it.
    await timekeeper.start();
    replica.host.start();
    const timers = [
      setInterval(() => collect(parts), COLLECT_MS),
      setInterval(() => void opened.store.lookForRoom(), LOOK_FOR_ROOM_MS),
    ];
    log.info({ host, port: address.port, sequence: opened.state.sequence }, "listening");
    return {
      index: loaded.index,
      address: { host, port: address.port },
      status: () => replica.host.status(),
      close: () => {
        for (const timer of timers) clearInterval(timer);
        return close(replica, parts);
      },
    };
  } catch (error) {
    await close(replica, parts);
    throw error;
  }
}

/** A sixth of the grace period: what is dead goes within that much more. */
const COLLECT_MS = 10 * 60 * 1000;

/** One statfs, some 30 µs: whoever frees space sees it taken up at once. */
const LOOK_FOR_ROOM_MS = 1_000;

interface Parts {
  readonly options: RunReplicaOptions;
  readonly layout: FolderLayout;
  readonly loaded: LoadedFolder;
  readonly log: Logger;
  readonly figures: Figures;
  readonly promises: HeldPromises;
  readonly opened: OpenedState;
  readonly timekeeper: Timekeeper;
}

interface Assembled {
  readonly clock: SystemClock;
  readonly journal: OpenJournal | undefined;
  readonly host: ReplicaHost;
  readonly server: HttpServer;
  readonly transport: WebSocketTransport;
  readonly door: ClientDoor;
}

function assemble(parts: Parts): Assembled {
  const { layout, loaded, figures, opened, timekeeper } = parts;
  const { disguise } = parts.options;
  const committee = genesisCommittee(loaded.genesis);
  const verifier = new Verifier({
    committeeOf: (epoch) => (epoch === committee.epoch ? committee : undefined),
    crypto: nodeCrypto,
    semanticDigestOf,
  });
  const clock = new SystemClock(
    layout.clockFile,
    () => timekeeper.nowMs(),
    () => timekeeper.certain,
  );
  const evidence = new EvidenceFolder(layout.evidence, committee.clusterId);
  const identity: Identity = {
    index: loaded.index,
    committee,
    crypto: nodeCrypto,
    sign: (message) => loaded.key.sign(message),
    nonce: () => new Uint8Array(randomBytes(32)),
  };
  const addressOf = (other: ReplicaIndex): string => committee.members[other]?.address ?? "";
  const monotonicMs = (): number => clock.monotonicMs();
  const transport = new WebSocketTransport({
    identity,
    drops: figures.drops,
    monotonicMs,
    random: Math.random,
    addressOf,
  });
  const journal = openJournalOf(parts, committee);
  // Innermost: a disguise lies about frames, not about what they are wrapped in.
  const journaled = new JournaledTransport(transport, journal?.scribe, figures.drops);
  const host = createHost(parts, {
    identity,
    verifier,
    clock,
    transport: disguise?.transport(journaled, identity) ?? journaled,
    addressOf,
    evidence,
    journal,
  });
  const door = new ClientDoor({
    identity,
    drops: figures.drops,
    monotonicMs,
    onFrame: (client, kind, body) => host.onClientFrame(client, kind, body),
    ...(disguise === undefined ? {} : { disguise: (kind, body) => disguise.answer(kind, body) }),
  });
  host.clientCount = () => door.count;
  opened.store.restOn(() => host.durable());
  const { store } = opened;
  const stored = new StoreBlobs(store.values);
  const blobs = disguise?.blobs(stored) ?? stored;
  const doors = { transport, door, journal: journal?.door };
  const time = (): TimeStatus => timekeeper.status(clock.leadMs);
  const server = createServer({ host, blobs, figures, ...doors, store, verifier, evidence, time });
  return { clock, host, server, transport, door, journal };
}

function createHost(
  { options, layout, log, figures, promises, opened }: Parts,
  tools: {
    readonly identity: Identity;
    readonly verifier: Verifier;
    readonly clock: SystemClock;
    readonly transport: Transport;
    readonly addressOf: (index: ReplicaIndex) => string;
    readonly evidence: EvidenceFolder;
    readonly journal: OpenJournal | undefined;
  },
): ReplicaHost {
  const { identity, verifier, clock, transport, addressOf, evidence, journal } = tools;
  const { committee, index, sign } = identity;
  const { store, state } = opened;
  const latch = new HaltLatch(layout.haltFile);
  const timing = options.timing ?? {};
  const machine = new Replica(
    { committee, index, timing, promises: promises.records, halted: latch.isSet },
    { application: state, crypto: nodeCrypto, verifier },
  );
  const { amnesia } = machine.status;
  if (amnesia !== undefined && promises.log !== undefined) {
    latchAmnesia(layout.promises, amnesia, log);
  }
  const { view } = machine.status;
  const what = amnesia === undefined ? "begins" : `amnesiac: ${amnesia}`;
  journal?.scribe.note("restart", { what, sequence: state.sequence, view });
  const told = options.wrapMachine?.(machine) ?? machine;
  return new ReplicaHost({
    committee,
    index,
    sign,
    hash: nodeCrypto.hash,
    verifier,
    machine: journal === undefined ? told : new JournaledMachine(told, journal.steps),
    state,
    promises: amnesia === undefined ? (promises.log ?? NO_PROMISES) : NO_PROMISES,
    rows: store.rows,
    flushedSequence: () => store.flushedSequence,
    diskFull: () => store.diskFull,
    blobs: new StoreBlobs(store.values),
    smallValue: (digest) => store.values.small(digest),
    putInline: (values) => keepInline(store, values, figures, log),
    transport,
    addressOf,
    clock,
    figures,
    latch,
    evidence,
    log,
    onFatal: options.onFatal ?? ((error) => endProcess(log, error)),
  });
}

/** What could not be kept now (a full disk) is fetched from peers once it is wanted. */
function keepInline(
  store: OpenedState["store"],
  values: readonly InlineValue[],
  figures: Figures,
  log: Logger,
): void {
  try {
    store.values.putVerified(values);
  } catch (error) {
    figures.drops.add("inline-value-not-kept", values.length);
    log.error({ err: error }, "inline values could not be kept");
  }
}

/** An amnesiac writes none: a new file would let it pass for one that remembers. */
const NO_PROMISES = {
  append: (): void => undefined,
  sync: (): Promise<void> => Promise.resolve(),
  truncate: (): void => undefined,
};

function createServer(parts: {
  readonly host: ReplicaHost;
  readonly blobs: BlobStore;
  readonly figures: Figures;
  readonly transport: WebSocketTransport;
  readonly door: ClientDoor;
  readonly journal: JournalDoor | undefined;
  readonly store: OpenedState["store"];
  readonly verifier: Verifier;
  readonly evidence: EvidenceFolder;
  readonly time: () => TimeStatus;
}): HttpServer {
  const { host, blobs, figures, transport, door, journal, store, verifier, evidence, time } = parts;
  const status = (): ReplicaStatus => host.status();
  const uploads = { blobs, desk: host.desk, figures, slots: new UploadSlots() };
  const metrics = createMetrics({
    figures,
    status,
    inputQueueLength: () => host.inputQueueLength,
    sendQueues: () => transport.peers(),
    verifications: () => verifier.signatureCount,
    evidence: () => piecesByAccused(evidence),
    time,
    store: () => ({
      flushed_sequence: store.flushedSequence,
      disk_full: store.diskFull ? 1 : 0,
      rows_pending_bytes: store.rows.pendingBytes,
      values_wanted: host.fetcher.count,
      write_sets_awaiting_values: host.desk.count,
      proofs_waiting: host.admission.count,
    }),
  });
  return new HttpServer(
    {
      requests: new Map([
        ...healthRoutes(status, metrics),
        ...evidenceRoutes(evidence),
        ["/time", timeRoute(time)],
        ["/blob/", blobRoute(uploads)],
        ["/blobs/", valuePackRoute(uploads)],
      ]),
      upgrades: new Map([
        ["/peer", (request, socket, head) => transport.accept(request, socket, head)],
        ["/client", (request, socket, head) => door.accept(request, socket, head)],
        ...journalUpgrades(journal),
      ]),
    },
    figures.drops,
  );
}

function journalUpgrades(door: JournalDoor | undefined): [string, UpgradeHandler][] {
  if (door === undefined) return [];
  return [["/journal", (request, socket, head) => door.accept(request, socket, head)]];
}

/** Undefined: it keeps none. One that cannot be kept stops no replica. */
function openJournalOf(
  { options, layout, loaded, figures, log }: Parts,
  committee: Committee,
): OpenJournal | undefined {
  const bytesMax = options.journalBytesMax ?? loaded.journalBytesMax ?? JOURNAL_BYTES_DEFAULT;
  if (bytesMax === 0) return undefined;
  try {
    return openJournal({
      folder: layout.journal,
      tokenFile: layout.journalTokenFile,
      title: loaded.genesis.name,
      committee,
      index: loaded.index,
      bytesMax: Math.max(JOURNAL_BYTES_MIN, bytesMax),
      nowMs: Date.now,
      drops: figures.drops,
    });
  } catch (error) {
    log.error({ err: error }, "no journal is kept: its folder cannot be used");
    return undefined;
  }
}

function piecesByAccused({ pieces }: EvidenceFolder): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { accused } of pieces) counts[accused] = (counts[accused] ?? 0) + 1;
  return counts;
}

/** Doors first, then what they led to; the promises last but one, the store last. */
async function close(
  replica: Assembled,
  { promises, opened, log, timekeeper }: Parts,
): Promise<void> {
  await replica.door.close();
  await replica.transport.close();
  // The server waits for every connection's end, and who looks on never ends one.
  await replica.journal?.door.close();
  await replica.server.close();
  await replica.host.stop();
  await timekeeper.close();
  closeClock(replica.clock, log);
  await replica.journal?.live.close();
  await promises.log?.close();
  await opened.store.close();
  log.info("closed");
}

/** Without the exact bound the next start is only unsure for a while, as after a crash. */
function closeClock(clock: SystemClock, log: Logger): void {
  try {
    clock.close();
  } catch (error) {
    log.warn({ err: error }, "the clock's last value could not be kept");
  }
}

/** Values that nothing names any more; a failed sweep (a full disk) is only a later one. */
function collect({ opened, log }: Parts): void {
  opened.store.collect().then(
    (collected) => log.debug({ collected }, "values collected"),
    (error: unknown) => log.warn({ err: error }, "values could not be collected"),
  );
}

function onDamage(damage: Damage, figures: Figures, log: Logger): void {
  figures.drops.add(`damaged-${damage.what}`);
  log.error({ damage }, "bytes on this replica's own disk are damaged");
}

function endProcess(log: Logger, error: unknown): void {
  log.fatal({ err: error }, "this replica cannot go on");
  process.exitCode = 70;
  // Not `exit` from within a step: the log's last line must leave first.
  setImmediate(() => process.exit(70));
}
