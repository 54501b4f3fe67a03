import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import type { Epoch, Hash, PublicKey, ReplicaIndex, Sequence } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { State } from "../../consensus/execution/state.ts";
import type { RowStore } from "../../consensus/map/row-store.ts";
import { Refusal } from "../../consensus/refusal.ts";
import type { EpochEntry } from "../../consensus/replica/context.ts";
import type { Now } from "../../consensus/replica/input.ts";
import type { Sign, Verifier } from "../../consensus/verifier.ts";
import { SIGNED_HEARTBEAT, statementCodec } from "../../consensus/wire/certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { ClientApi } from "../client-api/client-api.ts";
import type { ClientConnection } from "../client-api/client-connection.ts";
import { RootSubscribers } from "../client-api/root-subscribers.ts";
import type { Admission } from "../admission/admission.ts";
import { createAdmission } from "../admission/create-admission.ts";
import { SubmitDesk } from "../client-api/submit-desk.ts";
import type { Clock } from "../clock.ts";
import type { EvidenceFolder } from "../evidence-folder.ts";
import type { HaltLatch } from "../halt-latch.ts";
import { TICK_MS } from "../limits.ts";
import type { Logger } from "../log.ts";
import type { Figures } from "../metrics/figures.ts";
import type { ReplicaStatus } from "../status.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import type { BlobStore } from "./blob-store.ts";
import { CertifiedRoots } from "./certified-roots.ts";
import { EventLoop } from "./event-loop.ts";
import type { Promises } from "./event-loop.ts";
import { FrameIntake } from "./frame-intake.ts";
import { HostEffects } from "./host-effects.ts";
import type { Machine } from "./machine.ts";
import { MissingValues } from "./missing-values.ts";
import { startSemanticDigest } from "./semantic-digests.ts";
import type { PastRoots } from "./past-roots.ts";
import { StateTransfer } from "./state-transfer.ts";
import { TransferSource } from "./transfer-source.ts";
import { Truncation } from "./truncation.ts";
import { ValueDesk } from "./value-desk.ts";
import { ValueFetcher } from "./value-fetcher.ts";
import type { InlineValue } from "./value-keeper.ts";

export interface ReplicaHostDependencies {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  readonly sign: Sign;
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly verifier: Verifier;
  readonly machine: Machine;
  readonly state: State;
  readonly promises: Promises & { truncate(below: Sequence): void };
  readonly rows: RowStore;
  readonly flushedSequence: () => Sequence;
  /** There is no room for rows and values: they wait, and are refused. */
  readonly diskFull: () => boolean;
  readonly blobs: BlobStore;
  readonly smallValue: (digest: Hash) => Uint8Array | undefined;
  readonly putInline: (values: readonly InlineValue[]) => void;
  readonly transport: Transport;
  readonly addressOf: (index: ReplicaIndex) => string;
  /** For addresses over TLS. */
  readonly pins?: Pins;
  readonly clock: Clock;
  readonly figures: Figures;
  readonly latch: HaltLatch;
  readonly evidence: EvidenceFolder;
  /** Whose place this was in an epoch so far. */
  readonly memberOf: (epoch: Epoch, index: ReplicaIndex) => PublicKey | undefined;
  readonly log: Logger;
  /** What was certified in earlier epochs and is still readable. */
  readonly pastRoots: PastRoots;
  /** What led into the committee's epoch; undefined for the first. */
  readonly entry: EpochEntry | undefined;
  /** The last sequence of this epoch is executed and certified. */
  readonly onEpochOver: (certificate: StatementCertificate) => void;
  readonly onFatal: (error: unknown) => void;
}

const SWEEP_MS = 1_000;

/** One replica at work: the state machine, its peers, its clients and its disk, wired together. */
export class ReplicaHost implements TransportHandler {
  /** Proofs are checked before their write sets are acknowledged. */
  readonly admission: Admission;
  readonly desk: ValueDesk;
  readonly fetcher: ValueFetcher;
  readonly #clientApi: ClientApi;
  readonly #dependencies: ReplicaHostDependencies;
  readonly #loop: EventLoop;
  readonly #roots: CertifiedRoots;
  readonly #submits: SubmitDesk;
  readonly #subscribers: RootSubscribers;
  readonly #transfer: StateTransfer;
  readonly #source: TransferSource;
  readonly #truncation: Truncation;
  readonly #missing: MissingValues;
  readonly #timers: NodeJS.Timeout[] = [];
  /** How many values were known to be lost when they were last looked for. */
  #lossesSeen = 0;
  /** Set by whoever owns the clients' door. */
  clientCount: () => number = () => 0;

  constructor(dependencies: ReplicaHostDependencies) {
    this.#dependencies = dependencies;
    const { state, hash, figures, blobs, transport, verifier, clock } = dependencies;
    const connectedPeers = (): readonly ReplicaIndex[] =>
      transport.peers().flatMap((peer) => (peer.connected ? [peer.index] : []));
    const send = (to: ReplicaIndex, kind: FrameKind, body: Uint8Array): void =>
      this.#send(to, kind, body);
    const { pastRoots } = dependencies;
    this.#roots = new CertifiedRoots((sequence) => state.retains(sequence), pastRoots);
    this.#submits = new SubmitDesk({ hash, state, roots: this.#roots, figures });
    this.#subscribers = new RootSubscribers(this.#roots);
    const { addressOf, pins } = dependencies;
    this.fetcher = new ValueFetcher({ blobs, figures, connectedPeers, addressOf, pins });
    this.#missing = new MissingValues({ rows: dependencies.rows, blobs, fetcher: this.fetcher });
    this.admission = createAdmission(dependencies);
    this.desk = new ValueDesk({
      blobs,
      drops: figures.drops,
      monotonicMs: () => clock.monotonicMs(),
      startDigest: startSemanticDigest,
      onAvailable: (digest) => this.#loop.input({ type: "available", digest }),
      onLying: (digest) => this.#submits.onLying(digest),
      admission: this.admission,
      onProofRefused: (digest, code) => this.#submits.onProofRefused(digest, code),
    });
    this.#transfer = new StateTransfer({
      state,
      drops: figures.drops,
      send,
      connectedPeers,
      monotonicMs: () => clock.monotonicMs(),
      onDone: (certificate) => this.#transferred(certificate),
      onFailed: (sequence) => this.#loop.input({ type: "transfer-failed", sequence }),
    });
    this.#source = new TransferSource({ state, drops: figures.drops, send });
    this.#truncation = new Truncation(dependencies.promises, dependencies.flushedSequence);
    this.#loop = this.#createLoop();
    this.#clientApi = new ClientApi({
      hash,
      figures,
      state,
      roots: this.#roots,
      submits: this.#submits,
      subscribers: this.#subscribers,
      desk: this.desk,
      verifier,
      isEnrolled: (header) => state.isEnrolled(header),
      input: (input) => this.#loop.input(input),
      smallValue: dependencies.smallValue,
      signHeartbeat: (nonce) => this.#signHeartbeat(nonce),
      status: () => this.status(),
      monotonicMs: () => clock.monotonicMs(),
    });
  }

  start(): void {
    this.#showOld();
    this.#loop.input({ type: "start" });
    this.#dependencies.transport.open(this);
    this.#missing.scan();
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#sweep(), SWEEP_MS),
    );
  }

  #maybeOver(certificate: StatementCertificate): void {
    const { state, committee, onEpochOver } = this.#dependencies;
    const { sequence } = statementCodec.decode(certificate.statement);
    if (sequence === state.epochEndOf(committee.epoch)) onEpochOver(certificate);
  }

  /** Halted, it executes and certifies nothing, but serves what it showed before; so at first. */
  #showOld(): void {
    const { latch, verifier, entry } = this.#dependencies;
    // The root that the epoch begins with was certified by the one before.
    const shown = latch.isSet ? latch.shown : entry?.certificate;
    if (shown === undefined || verifier.statementCertificate(shown) instanceof Refusal) return;
    this.#roots.certified(shown);
  }

  /** Steps nothing more. The transport is closed by whoever made it. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#loop.stop();
    this.#source.close();
    this.#transfer.close();
    await this.#missing.stop();
    await this.admission.stop();
    await this.fetcher.close();
  }

  /** Resolves when what was executed by now may be kept: see {@link EventLoop.durable}. */
  durable(): Promise<void> {
    return this.#loop.durable();
  }

  get inputQueueLength(): number {
    return this.#loop.queueLength;
  }

  /** A frame of a client; what goes wrong in here is our own fault, never the client's. */
  onClientFrame(client: ClientConnection, kind: FrameKind, body: Uint8Array): void {
    try {
      this.#clientApi.onFrame(client, kind, body);
    } catch (error) {
      this.#dependencies.onFatal(error);
    }
  }

  onFrame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    const { figures, clock } = this.#dependencies;
    figures.framesReceived.add(FRAME_NAMES.get(kind) ?? "unknown");
    switch (kind) {
      case FRAME.fetchNodes:
      case FRAME.fetchRows:
        this.#source.onFrame(from, kind, body, clock.monotonicMs());
        break;
      case FRAME.nodes:
      case FRAME.rows:
        this.#transfer.onFrame(from, kind, body);
        break;
      default:
        this.#loop.frame(from, kind, body);
    }
  }

  onPeerUp(index: ReplicaIndex): void {
    this.#dependencies.log.info({ peer: index }, "peer connected");
    this.#transfer.onPeerUp(index);
    this.#loop.input({ type: "peer-up", index });
  }

  onPeerLost(index: ReplicaIndex): void {
    this.#dependencies.log.info({ peer: index }, "peer lost");
    this.#transfer.onPeerLost(index);
    this.#loop.input({ type: "peer-lost", index });
  }

  status(): ReplicaStatus {
    const { committee, index, machine, state, clock, latch, transport } = this.#dependencies;
    const peers = transport
      .peers()
      .map((peer) => ({ index: peer.index, connected: peer.connected }));
    const { view, active, primary, amnesia } = machine.status;
    const notReady = this.#notReady(peers.filter((peer) => peer.connected).length);
    return {
      id: toHex(committee.members[index]?.publicKey ?? new Uint8Array(0)),
      pid: process.pid,
      index,
      epoch: committee.epoch,
      view,
      primary,
      active,
      sequence: state.sequence,
      certifiedSequence: this.#roots.sequence,
      stateRoot: toHex(state.stateRoot),
      hlc: clock.hlc().toString(),
      amnesiac: amnesia !== undefined,
      halted: latch.isSet,
      transferring: this.#transfer.isRunning,
      accused: this.#accused(),
      quarantined: [...state.quarantined].sort((left, right) => left - right),
      ready: notReady.length === 0,
      notReady,
      clients: this.clientCount(),
      entries: state.entryCount,
      peers,
    };
  }

  #createLoop(): EventLoop {
    const dependencies = this.#dependencies;
    const { figures, machine, verifier, promises, clock, latch, onFatal } = dependencies;
    const { committee, index, sign, blobs, putInline, evidence, log } = dependencies;
    return new EventLoop(
      { index, epoch: committee.epoch, sign },
      {
        machine,
        verifier,
        intake: new FrameIntake({
          verifier,
          needs: (votes) => machine.needs(votes),
          certificateAt: (sequence) => machine.certificateAt(sequence),
          drops: figures.drops,
        }),
        promises,
        clock,
        figures,
        send: (to, kind, body) => this.#send(to, kind, body),
        // An amnesiac asks for no signature; a halted host makes none, whatever it is asked.
        maySign: () => !latch.isSet,
        effects: new HostEffects({
          figures,
          roots: this.#roots,
          submits: this.#submits,
          subscribers: this.#subscribers,
          values: { blobs, fetcher: this.fetcher, putInline },
          desk: this.desk,
          transfer: this.#transfer,
          evidence,
          epoch: committee.epoch,
          latch,
          log,
          truncate: (below) => this.#truncation.want(below),
          certified: (certificate) => this.#maybeOver(certificate),
        }),
        onFatal,
      },
    );
  }

  #accused(): number[] {
    const { evidence, committee, memberOf } = this.#dependencies;
    const indexes = evidence.pieces.flatMap(({ accused, epoch }) => {
      if (accused === "certificates") return [];
      const convicted = memberOf(epoch, accused as ReplicaIndex);
      return committee.members.flatMap(({ publicKey }, index) =>
        convicted !== undefined && equalBytes(publicKey, convicted) ? [index] : [],
      );
    });
    return [...new Set(indexes)].sort((left, right) => left - right);
  }

  #notReady(connectedCount: number): string[] {
    const { committee, machine, state, latch, diskFull } = this.#dependencies;
    const why: string[] = [];
    const { amnesia, certified } = machine.status;
    if (amnesia !== undefined) why.push(`amnesiac: ${amnesia}`);
    if (latch.isSet) why.push("halted: an operator must look at the evidence");
    if (diskFull()) why.push("its disk is full: free space there, and it goes on by itself");
    if (!state.isWhole) why.push("rows on its disk are damaged: they are fetched from the others");
    if (state.sequence >= (state.epochEndOf(committee.epoch) ?? Number.POSITIVE_INFINITY)) {
      why.push("its epoch is over: it waits for the link to the next one");
    }
    if (this.#transfer.isRunning) why.push("a state transfer is under way");
    if (state.sequence < certified) why.push("catching up with the others");
    const quorum = quorumOf(committee);
    if (connectedCount + 1 < quorum) {
      why.push(`connected to ${connectedCount} of the ${quorum - 1} peers that a quorum needs`);
    }
    return why;
  }

  #now(): Now {
    const { clock } = this.#dependencies;
    return {
      monotonicMs: clock.monotonicMs(),
      reading: clock.reading(),
      clockCertain: clock.certain,
    };
  }

  #send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const { figures, transport } = this.#dependencies;
    figures.framesSent.add(FRAME_NAMES.get(kind) ?? "unknown");
    transport.send(to, kind, body);
  }

  #signHeartbeat(nonce: Uint8Array): SignedHeartbeat | undefined {
    const { machine, verifier, sign, latch, index, committee, figures } = this.#dependencies;
    if (latch.isSet) return undefined;
    const body = machine.probe(nonce, this.#now());
    if (body === undefined) return undefined;
    figures.signatures++;
    const message = {
      author: index,
      epoch: committee.epoch,
      type: SIGNED_HEARTBEAT,
      body,
    } as const;
    const { input } = verifier.signOwn(message, sign);
    if (input.type !== "heartbeat") return undefined;
    const { author, signed } = input.heartbeat;
    return { author, heartbeat: signed.body, signature: signed.signature };
  }

  #transferred(certificate: StatementCertificate): void {
    const { verifier, figures, log, state } = this.#dependencies;
    figures.transfers++;
    log.info({ sequence: state.sequence, stateRoot: toHex(state.stateRoot) }, "state transferred");
    // Under a weak certificate it is shown to nobody before a quorum states it.
    const isCertified = !(verifier.statementCertificate(certificate) instanceof Refusal);
    if (isCertified && this.#roots.certified(certificate)) this.#subscribers.changed();
    this.#submits.onTransferred();
    this.#missing.scan();
    this.#loop.input({ type: "transferred", certificate });
  }

  #tick(): void {
    this.#loop.input({ type: "tick" });
  }

  #sweep(): void {
    const { clock, state } = this.#dependencies;
    const nowMs = clock.monotonicMs();
    this.#transfer.tick(nowMs);
    this.#source.sweep(nowMs);
    this.#submits.sweep(state.agreedTime);
    this.desk.sweep(state.agreedTime);
    this.#truncation.run();
    this.#lookForLosses();
  }

  /** Values that were damaged, or could not be kept or fetched when they came: look again. */
  #lookForLosses(): void {
    const { drops } = this.#dependencies.figures;
    let losses = 0;
    for (const reason of LOSSES) losses += drops.get(reason);
    if (losses === this.#lossesSeen) return;
    this.#lossesSeen = losses;
    this.#missing.scan();
  }
}

const LOSSES = ["damaged-value", "damaged-segment", "inline-value-not-kept", "value-fetch-queue"];

const FRAME_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(FRAME).map(([name, kind]) => [kind, name]),
);
