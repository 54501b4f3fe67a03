import { nodeCrypto } from "../base/host/node-crypto.ts";
import { Epochs } from "../consensus/epochs/epochs.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import { HISTORY_LENGTH } from "../consensus/limits.ts";
import type { Timing } from "../consensus/replica/timing.ts";
import { Verifier } from "../consensus/verifier.ts";
import type { Disguise } from "./disguise.ts";
import { readChainFile } from "./epochs/chain-file.ts";
import type { ProcessParts } from "./epochs/epoch-run.ts";
import { Membership } from "./epochs/membership.ts";
import { EvidenceFolder } from "./evidence-folder.ts";
import { folderLayout } from "./folder-layout.ts";
import { openPromises } from "./held-promises.ts";
import type { Machine } from "./host/machine.ts";
import { PastRoots } from "./host/past-roots.ts";
import { semanticDigestOf } from "./host/semantic-digests.ts";
import type { HttpServer } from "./http/http-server.ts";
import { HISTORY_CHANGE_COUNT_MAX, HISTORY_MINUTES_DEFAULT } from "./limits.ts";
import { loadFolder } from "./load-folder.ts";
import type { LoadedFolder } from "./load-folder.ts";
import { createLog } from "./log.ts";
import type { Logger } from "./log.ts";
import { Figures } from "./metrics/figures.ts";
import { openState } from "./open-state.ts";
import { createReplicaServer } from "./replica-server.ts";
import type { ReplicaStatus } from "./status.ts";
import type { Damage } from "./store/damage.ts";
import { takeSuccessorKey } from "./successor-key.ts";
import { SystemClock } from "./system-clock.ts";
import { createTimekeeper } from "./time/create-timekeeper.ts";
import type { Timekeeper } from "./time/timekeeper.ts";

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
  /** Its place in its configuration; undefined: it is a member of none now. */
  readonly index: number | undefined;
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  status(): ReplicaStatus;
  /** Finishes what is under way, flushes and lets go of folder and port. */
  close(): Promise<void>;
}

/**
 * Starts one replica from its folder and resolves once it listens; `/readyz` says when it serves.
 * From configuration to configuration it goes on in the same process.
 *
 * @throws QuorateError NODE_FOLDER, GENESIS_INVALID, KEY_FILE_*, FOLDER_IN_USE, STORE_FORMAT,
 *   CLOCK_FILE, PORT_IN_USE, PORT_UNUSABLE, TIME_SERVER
 */
export async function runReplica(options: RunReplicaOptions): Promise<RunningReplica> {
  const loaded = loadFolder(folderLayout(options.folder));
  const { logDestination: destination } = options;
  const log = createLog({
    level: options.logLevel ?? "info",
    index: loaded.founder,
    ...(destination === undefined ? {} : { destination }),
  });
  const timekeeper = createTimekeeper(options.timeServers ?? loaded.timeServers, log);
  let noteFault: (what: string) => void = () => undefined;
  const onFault = (what: string): void => noteFault(what);
  const parts = await openParts({ options, loaded, log, timekeeper, onFault });
  const membership = new Membership(parts);
  noteFault = (what) => membership.noteFault(what);
  const server = createReplicaServer(parts, membership, timekeeper);
  const closeAll = (): Promise<void> => close({ parts, membership, server, timekeeper });
  const { opened } = parts;
  opened.store.restOn(() => membership.durable());
  const { host, port } = loaded.listen;
  try {
    const address = await server.listen(host, port);
    // The only step of this clock is before anybody saw it.
    await timekeeper.start();
    membership.start();
    const timers = [
      setInterval(() => collect(parts), COLLECT_MS),
      setInterval(() => void opened.store.lookForRoom(), LOOK_FOR_ROOM_MS),
    ];
    log.info({ host, port: address.port, sequence: opened.state.sequence }, "listening");
    return {
      get index() {
        return membership.run?.index;
      },
      address: { host, port: address.port },
      status: () => membership.status(),
      close: () => {
        for (const timer of timers) clearInterval(timer);
        return closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A sixth of the grace period: what is dead goes within that much more. */
const COLLECT_MS = 10 * 60 * 1000;

/** One statfs, some 30 µs: whoever frees space sees it taken up at once. */
const LOOK_FOR_ROOM_MS = 1_000;

async function openParts(given: {
  readonly options: RunReplicaOptions;
  readonly loaded: LoadedFolder;
  readonly log: Logger;
  readonly timekeeper: Timekeeper;
  /** For the journal. */
  readonly onFault: (what: string) => void;
}): Promise<ProcessParts> {
  const { options, loaded, log, timekeeper } = given;
  const layout = folderLayout(options.folder);
  const figures = new Figures();
  const promises = openPromises(layout.promises, log);
  const opened = await openState(layout.store, loaded.genesis, {
    log,
    onDamage: (damage) => {
      onDamage(damage, figures, log);
      given.onFault(`damaged ${damage.what}`);
    },
  });
  const minutes = options.historyMinutes ?? loaded.historyMinutes ?? HISTORY_MINUTES_DEFAULT;
  if (minutes > 0) {
    const [sequenceCountMax, changeCountMax] = [HISTORY_LENGTH, HISTORY_CHANGE_COUNT_MAX];
    opened.state.keepHistory({ sequenceCountMax, changeCountMax, ageMsMax: minutes * 60_000 });
  }
  const genesis = genesisCommittee(loaded.genesis);
  const epochs = new Epochs(nodeCrypto, genesis);
  epochs.follow(readChainFile(layout.chainFile), genesis.epoch);
  const own = { key: takeSuccessorKey(layout, epochs.newest) ?? loaded.key };
  const verifier = new Verifier({
    committeeOf: (epoch) => epochs.committeeOf(epoch),
    endOf: (epoch) => epochs.endOf(epoch),
    crypto: nodeCrypto,
    semanticDigestOf,
  });
  const clock = new SystemClock(
    layout.clockFile,
    () => timekeeper.nowMs(),
    () => timekeeper.certain,
  );
  const evidence = new EvidenceFolder(layout.evidence, genesis.clusterId);
  const pastRoots = new PastRoots((sequence) => opened.state.retains(sequence));
  const disk = { layout, promises, opened, evidence, pastRoots, amnesia: { why: undefined } };
  const onFatal = options.onFatal ?? ((error: unknown): void => endProcess(log, error));
  return { options, loaded, own, log, figures, epochs, verifier, clock, onFatal, ...disk };
}

/** Doors first, then what they led to; the promises last but one, the store last. */
async function close(running: {
  readonly parts: ProcessParts;
  readonly membership: Membership;
  readonly server: HttpServer;
  readonly timekeeper: Timekeeper;
}): Promise<void> {
  const { promises, opened, log, clock } = running.parts;
  // What is held open by a member's doors ends first, or the server would wait for it.
  await running.membership.close();
  await running.server.close();
  await running.timekeeper.close();
  closeClock(clock, log);
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
function collect({ opened, log }: ProcessParts): void {
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
