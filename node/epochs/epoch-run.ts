import { randomBytes } from "node:crypto";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { EpochEntry } from "../../consensus/replica/context.ts";
import { Replica } from "../../consensus/replica/replica.ts";
import type { Verifier } from "../../consensus/verifier.ts";
import { ClientDoor } from "../client-api/client-door.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { EvidenceFolder } from "../evidence-folder.ts";
import type { FolderLayout } from "../folder-layout.ts";
import { HaltLatch } from "../halt-latch.ts";
import { latchAmnesia } from "../held-promises.ts";
import type { HeldPromises } from "../held-promises.ts";
import type { PastRoots } from "../host/past-roots.ts";
import { ReplicaHost } from "../host/replica-host.ts";
import { StoreBlobs } from "../host/store-blobs.ts";
import type { InlineValue } from "../host/value-keeper.ts";
import { JournaledMachine } from "../journal/journaled-machine.ts";
import { JournaledTransport } from "../journal/journaled-transport.ts";
import { JOURNAL_BYTES_DEFAULT, JOURNAL_BYTES_MIN } from "../journal/limits.ts";
import { EPOCH_OVER } from "../journal/journal-door.ts";
import { memberNumbers } from "../journal/member-numbers.ts";
import { noteEnd, noteEpoch } from "../journal/note-epoch.ts";
import { openJournal } from "../journal/open-journal.ts";
import type { OpenJournal, OpenJournalOptions } from "../journal/open-journal.ts";
import type { LoadedFolder } from "../load-folder.ts";
import type { Logger } from "../log.ts";
import type { Figures } from "../metrics/figures.ts";
import type { OpenedState } from "../open-state.ts";
import type { RunReplicaOptions } from "../run-replica.ts";
import { successorKey } from "../successor-key.ts";
import type { SystemClock } from "../system-clock.ts";
import type { Identity } from "../transport/handshake.ts";
import type { Transport } from "../transport/transport.ts";
import { WebSocketTransport } from "../transport/web-socket-transport.ts";
import { recordsOf } from "./records-of.ts";

/** What a replica keeps from epoch to epoch: its folder, its disk, its clock. */
export interface ProcessParts {
  readonly options: RunReplicaOptions;
  readonly layout: FolderLayout;
  readonly loaded: LoadedFolder;
  /** Ours now: another one may take its place with a configuration. */
  readonly own: { key: SigningKey };
  readonly log: Logger;
  readonly figures: Figures;
  /** Made anew with a key that has promised nothing. */
  promises: HeldPromises;
  readonly opened: OpenedState;
  readonly epochs: Epochs;
  readonly verifier: Verifier;
  readonly clock: SystemClock;
  readonly evidence: EvidenceFolder;
  /** It can go on no longer: what is in memory must not be believed any more. */
  readonly onFatal: (error: unknown) => void;
  /** Found in the promises by this process: no later epoch makes it good. */
  readonly amnesia: { why: string | undefined };
  /** For reads of earlier times, whichever epoch they fall into. */
  readonly pastRoots: PastRoots;
}

/** What it has for as long as one configuration lasts, all bound to that configuration. */
export interface EpochRun {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  readonly host: ReplicaHost;
  readonly transport: WebSocketTransport;
  readonly door: ClientDoor;
  readonly journal: OpenJournal | undefined;
  readonly latch: HaltLatch;
  /**
   * Doors first, then what they led to. What was promised is durable when it resolves. `next`: the
   * configuration that the process goes on in, or is told by that it is no member any more.
   */
  close(next?: Committee): Promise<void>;
}

export interface EpochPlace {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  /** Not the one that the process began in: its promises were all made here. */
  readonly isLater: boolean;
  /** The link to the next configuration can be made: this one is over. */
  readonly onEpochOver: (certificate: StatementCertificate) => void;
}

/** Puts together one member of one configuration; `host.start()` sets it going. */
export function assembleEpoch(parts: ProcessParts, place: EpochPlace): EpochRun {
  const { figures, clock, layout } = parts;
  // Of this epoch, whatever the next one's will be.
  const { key } = parts.own;
  const { disguise } = parts.options;
  const { committee, index } = place;
  const identity: Identity = {
    index,
    committee,
    crypto: nodeCrypto,
    sign: (message) => key.sign(message),
    nonce: () => new Uint8Array(randomBytes(32)),
  };
  const addressOf = (other: ReplicaIndex): string => committee.members[other]?.address ?? "";
  const pins: Pins = { keyOf: (address) => parts.epochs.keyAt(address), own: key.tlsIdentity() };
  const monotonicMs = (): number => clock.monotonicMs();
  const transport = new WebSocketTransport({
    identity,
    drops: figures.drops,
    monotonicMs,
    random: Math.random,
    addressOf,
    pins,
  });
  const numbers = memberNumbers(parts.epochs, committee);
  const journal = openJournalOf(parts, { committee, index, numbers });
  // Innermost: a disguise lies about frames, not about what they are wrapped in.
  const journaled = new JournaledTransport(transport, journal?.scribe, figures.drops, numbers);
  const latch = new HaltLatch(layout.haltFile);
  const host = createHost(parts, {
    place,
    latch,
    identity,
    transport: disguise?.transport(journaled, identity) ?? journaled,
    addressOf,
    pins,
    journal,
    numbers,
  });
  const door = new ClientDoor({
    identity,
    drops: figures.drops,
    monotonicMs,
    onFrame: (client, kind, body) => host.onClientFrame(client, kind, body),
    ...(disguise === undefined ? {} : { disguise: (kind, body) => disguise.answer(kind, body) }),
  });
  host.clientCount = () => door.count;
  const close = async (next?: Committee): Promise<void> => {
    if (next !== undefined && journal !== undefined) {
      const { publicKey } = successorKey(layout, next) ?? key;
      noteEnd(journal.scribe, committee.epoch, next, publicKey);
    }
    await door.close();
    await transport.close();
    // The server waits for every connection's end, and who looks on never ends one.
    journal?.live.flush();
    await journal?.door.close(next === undefined ? undefined : EPOCH_OVER);
    await host.stop();
    await journal?.live.close();
  };
  return { committee, index, host, transport, door, journal, latch, close };
}

interface HostTools {
  readonly place: EpochPlace;
  readonly latch: HaltLatch;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly addressOf: (index: ReplicaIndex) => string;
  readonly pins: Pins;
  readonly journal: OpenJournal | undefined;
  readonly numbers: readonly number[];
}

/** The state machine as its promises leave it, and the first words of its journal. */
function createMachine(
  parts: ProcessParts,
  { place, latch, identity, journal, numbers }: HostTools,
): { readonly machine: Replica; readonly entry: EpochEntry | undefined } {
  const { options, layout, log, promises, opened, epochs, verifier } = parts;
  const { committee, index } = identity;
  const { state } = opened;
  const timing = options.timing ?? {};
  const link = epochs.linkInto(committee.epoch);
  const entry = link && { boundary: link.boundary, certificate: link.link.certificate };
  const isAmnesiac = promises.records === "missing" || parts.amnesia.why !== undefined;
  const records = isAmnesiac
    ? "missing"
    : recordsOf(promises.records, place.isLater ? entry : undefined);
  const { isSet: halted, released } = latch;
  const machine = new Replica(
    { committee, index, timing, promises: records, halted, released, entry },
    { application: state, crypto: nodeCrypto, verifier },
  );
  const { amnesia, view } = machine.status;
  if (amnesia !== undefined && promises.log !== undefined) {
    latchAmnesia(layout.promises, amnesia, log);
    parts.amnesia.why = amnesia;
  }
  const what = amnesia === undefined ? "begins" : `amnesiac: ${amnesia}`;
  // A process that goes on begins nothing but the epoch.
  if (!place.isLater) journal?.scribe.note("restart", { what, sequence: state.sequence, view });
  if (journal !== undefined && link !== undefined) {
    const { boundary } = link;
    noteEpoch(journal.scribe, committee, { numbers, boundary, isNew: place.isLater });
  }
  return { machine, entry };
}

function createHost(parts: ProcessParts, tools: HostTools): ReplicaHost {
  const { options, log, figures, promises, opened, epochs } = parts;
  const { verifier, clock, evidence, pastRoots, onFatal } = parts;
  const { place, latch, identity, transport, addressOf, journal } = tools;
  const { committee, index, sign } = identity;
  const { store, state } = opened;
  const { machine, entry } = createMachine(parts, tools);
  const told = options.wrapMachine?.(machine) ?? machine;
  return new ReplicaHost({
    committee,
    index,
    sign,
    hash: nodeCrypto.hash,
    verifier,
    machine: journal === undefined ? told : new JournaledMachine(told, journal.steps),
    state,
    promises: machine.status.amnesia === undefined ? (promises.log ?? NO_PROMISES) : NO_PROMISES,
    rows: store.rows,
    flushedSequence: () => store.flushedSequence,
    diskFull: () => store.diskFull,
    blobs: new StoreBlobs(store.values),
    smallValue: (digest) => store.values.small(digest),
    putInline: (values) => keepInline(store, values, figures, log),
    transport,
    addressOf,
    pins: tools.pins,
    clock,
    figures,
    latch,
    evidence,
    log,
    entry,
    pastRoots,
    memberOf: (epoch, place) => epochs.committeeOf(epoch)?.members[place]?.publicKey,
    onEpochOver: place.onEpochOver,
    onFatal,
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

/** Undefined: it keeps none. One that cannot be kept stops no replica. */
function openJournalOf(
  { options, layout, loaded, figures, opened, log }: ProcessParts,
  who: Pick<OpenJournalOptions, "committee" | "index" | "numbers">,
): OpenJournal | undefined {
  const bytesMax = options.journalBytesMax ?? loaded.journalBytesMax ?? JOURNAL_BYTES_DEFAULT;
  if (bytesMax === 0) return undefined;
  try {
    return openJournal({
      folder: layout.journal,
      tokenFile: layout.journalTokenFile,
      title: loaded.genesis.name,
      ...who,
      quarantined: () => opened.state.quarantined,
      bytesMax: Math.max(JOURNAL_BYTES_MIN, bytesMax),
      nowMs: Date.now,
      drops: figures.drops,
    });
  } catch (error) {
    log.error({ err: error }, "no journal is kept: its folder cannot be used");
    return undefined;
  }
}
