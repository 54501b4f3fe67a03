import { equalBytes, toHex } from "../../../base/bytes.ts";
import type { Hash, ReplicaIndex } from "../../../base/types.ts";
import type { CheckedBatch } from "../../../consensus/checked.ts";
import type { Committee } from "../../../consensus/committee.ts";
import type { State } from "../../../consensus/execution/state.ts";
import { Refusal } from "../../../consensus/refusal.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { Now } from "../../../consensus/replica/input.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import { Replica } from "../../../consensus/replica/replica.ts";
import type { Verified } from "../../../consensus/verified.ts";
import type { Verifier } from "../../../consensus/verifier.ts";
import { SIGNED_HEARTBEAT, statementCodec } from "../../../consensus/wire/certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import { ClientApi } from "../../../node/client-api/client-api.ts";
import type { ClientConnection } from "../../../node/client-api/client-connection.ts";
import { RootSubscribers } from "../../../node/client-api/root-subscribers.ts";
import { SubmitDesk } from "../../../node/client-api/submit-desk.ts";
import type { Clock } from "../../../node/clock.ts";
import { CertifiedRoots } from "../../../node/host/certified-roots.ts";
import { EventLoop } from "../../../node/host/event-loop.ts";
import { FrameIntake } from "../../../node/host/frame-intake.ts";
import { HostEffects } from "../../../node/host/host-effects.ts";
import type { Machine } from "../../../node/host/machine.ts";
import { wantMissing } from "../../../node/host/missing-values.ts";
import { StateTransfer } from "../../../node/host/state-transfer.ts";
import { TransferSource } from "../../../node/host/transfer-source.ts";
import { Truncation } from "../../../node/host/truncation.ts";
import { ValueDesk } from "../../../node/host/value-desk.ts";
import type { Figures } from "../../../node/metrics/figures.ts";
import type { ReplicaStatus } from "../../../node/status.ts";
import type { Transport, TransportHandler } from "../../../node/transport/transport.ts";
import { watchedMachine } from "./watched-machine.ts";
import { startDigestOf } from "./kinds.ts";
import type { ProcessLife } from "./process-life.ts";
import type { SettlingPromises } from "./settling-promises.ts";
import type { Signer } from "./crypto-table.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import { SimulatedTransport } from "./simulated-transport.ts";
import { SimulatedFetcher } from "./simulated-fetcher.ts";

/** What one pass of the host's loop takes before the next begins. */
const PASS_MS = 0.05;
const SWEEP_MS = 1_000;

/** One member of one configuration, and what it remembers of it. */
export interface EpochPlace {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  /** What led into it; undefined: genesis. */
  readonly entry: EpochEntry | undefined;
  readonly records: readonly PromiseRecord[] | "missing";
}

/**
 * One process of a replica: what node/host/replica-host.ts wires, with a simulated disk, transport,
 * clock and loop in place of the real ones. What decides anything is the real code.
 */
export class ReplicaProcess {
  readonly machine: Machine;
  readonly state: State;
  readonly store: SimulatedStore;
  readonly promises: SettlingPromises;
  readonly clock: Clock;
  readonly figures: Figures;
  readonly place: EpochPlace;
  readonly roots: CertifiedRoots;
  readonly handler: TransportHandler;
  readonly loop: EventLoop;
  readonly transfer: StateTransfer;
  readonly #replica: SimulatedReplica;
  readonly #life: ProcessLife;
  readonly #verifier: Verifier;
  readonly #transport: Transport;
  readonly #submits: SubmitDesk;
  readonly #subscribers: RootSubscribers;
  readonly #source: TransferSource;
  readonly #truncation: Truncation;
  readonly #desk: ValueDesk;
  readonly #clientApi: ClientApi;
  readonly fetcher: SimulatedFetcher;
  #latched = false;
  /** Before this a tick would do nothing. */
  #tickDueMs = 0;
  #hasEnded = false;

  constructor(replica: SimulatedReplica, life: ProcessLife, place: EpochPlace) {
    const { world, network, cryptography, neighbours } = replica.surroundings;
    const { crypto } = cryptography;
    const { hash } = crypto;
    this.#replica = replica;
    this.#life = life;
    this.place = place;
    this.#verifier = life.verifier;
    this.clock = life.clock;
    this.figures = life.figures;
    const { drops } = this.figures;
    this.promises = life.promises;
    this.store = life.store;
    this.state = life.state;
    this.machine = this.#createMachine(place);
    const plain = new SimulatedTransport(replica, place, { world, network, neighbours });
    this.#transport = replica.disguise?.transport?.(plain, replica) ?? plain;
    this.roots = new CertifiedRoots((sequence) => this.state.retains(sequence));
    const { state, roots, figures } = this;
    this.#submits = new SubmitDesk({ hash, state, roots, figures });
    this.#subscribers = new RootSubscribers(roots);
    this.#desk = new ValueDesk({
      blobs: this.#replica.values,
      drops,
      monotonicMs: () => this.clock.monotonicMs(),
      startDigest: startDigestOf(hash),
      onAvailable: (digest) => this.loop.input({ type: "available", digest }),
      onLying: (digest) => this.#submits.onLying(digest),
    });
    const send = (to: ReplicaIndex, kind: FrameKind, body: Uint8Array): void =>
      this.#send(to, kind, body);
    const connectedPeers = (): readonly ReplicaIndex[] =>
      this.#transport.peers().flatMap((peer) => (peer.connected ? [peer.index] : []));
    this.fetcher = new SimulatedFetcher(replica, {
      connectedPeers,
      after: (delayMs, work) => this.after(delayMs, work),
    });
    this.transfer = new StateTransfer({
      state,
      drops,
      send,
      connectedPeers,
      monotonicMs: () => this.clock.monotonicMs(),
      onDone: (certificate) => this.#transferred(certificate),
      onFailed: (sequence) => this.loop.input({ type: "transfer-failed", sequence }),
    });
    this.#source = new TransferSource({ state, drops, send });
    this.#truncation = new Truncation(this.promises, () => this.store.flushedSequence);
    this.loop = this.#createLoop();
    this.#clientApi = this.#createClientApi();
    this.handler = this.#createHandler();
  }

  start(): void {
    this.#showOld();
    this.loop.input({ type: "start" });
    this.#lookForValues();
    this.#transport.open(this.handler);
    const prng = this.#replica.surroundings.world.streams.of(`tick ${this.#replica.name}`);
    const { tickMs } = this.#replica.surroundings;
    this.#tickEvery(tickMs, prng.below(1000) / 1000);
    this.every(SWEEP_MS, () => this.#sweep(), prng.below(1000) / 1000);
  }

  /** Ticks that would do nothing are left out: most would, and they are most of what happens. */
  #tickEvery(periodMs: number, phase: number): void {
    const { world } = this.#replica.surroundings;
    const tick = (): void => this.loop.input({ type: "tick" });
    const round = (): void => {
      if (this.#hasEnded) return;
      world.after(periodMs, round);
      if (this.#replica.isPaused || this.clock.monotonicMs() < this.#tickDueMs) return;
      this.#replica.ifAlive(this, tick);
    };
    world.after(periodMs * phase, round);
  }

  get committee(): Committee {
    return this.place.committee;
  }

  get index(): ReplicaIndex {
    return this.place.index;
  }

  /** Where whoever holds this key stands in its configuration. */
  placeOf({ publicKey }: Pick<Signer, "publicKey">): ReplicaIndex | undefined {
    const { members } = this.committee;
    const place = members.findIndex((member) => equalBytes(member.publicKey, publicKey));
    return place < 0 ? undefined : (place as ReplicaIndex);
  }

  get connectedCount(): number {
    return this.#transport.peers().filter((peer) => peer.connected).length;
  }

  /** The orderly end of a member: nothing more is stepped; then what it promised is durable. */
  close(then: () => void): void {
    this.end();
    this.#source.close();
    this.transfer.close();
    this.loop.whenDurable({ resolve: then, reject: () => undefined });
    void this.loop.stop();
  }

  flushed(): void {
    this.#truncation.run();
  }

  /** As node/host/replica-host.ts tells that its epoch has ended. */
  #maybeOver(certificate: StatementCertificate): void {
    const { sequence } = statementCodec.decode(certificate.statement);
    if (sequence !== this.state.epochEndOf(this.committee.epoch)) return;
    this.#life.membership?.epochOver(certificate);
  }

  /** The root that the epoch begins with was certified by the one before. */
  #showOld(): void {
    const shown = this.place.entry?.certificate;
    if (shown === undefined) return;
    if (this.#verifier.statementCertificate(shown) instanceof Refusal) return;
    this.roots.certified(shown);
  }

  /** Nothing of it happens any more: no orderly stop, which would flush what it had gathered. */
  end(): void {
    this.#hasEnded = true;
    void this.#transport.close();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A timer of this process. */
  after(delayMs: number, work: () => void): void {
    this.#replica.surroundings.world.after(delayMs, () => this.#replica.ifAlive(this, work));
  }

  every(periodMs: number, work: () => void, phase: number): void {
    const round = (): void => {
      work();
      this.after(periodMs, round);
    };
    this.after(periodMs * phase, round);
  }

  onFrame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    if (this.#replica.disguise?.hears?.(from, kind, body) === false) return;
    this.handler.onFrame(from, kind, body);
  }

  onClientFrame(client: ClientConnection, kind: FrameKind, body: Uint8Array): void {
    this.#clientApi.onFrame(client, kind, body);
  }

  /** Bytes of a value that some pending set names, as `PUT /blob` takes them. */
  upload(digest: Hash, bytes: Uint8Array): void {
    const { hash } = this.#replica.surroundings.cryptography.crypto;
    if (this.#desk.wantedSize(digest) === undefined) return;
    if (toHex(hash(bytes)) !== toHex(digest)) return;
    this.#replica.values.put(digest, bytes);
    this.#desk.arrived(digest, bytes.length, this.#replica.values.digestersOf(digest));
  }

  /** A batch that this process wrote into its log, for the checkers. */
  bodyOf(digest: Hash, bytes: Uint8Array): Verified<CheckedBatch> | undefined {
    return this.#verifier.batchOfOwnLog(digest, bytes);
  }

  #createMachine({ committee, index, entry, records: promises }: EpochPlace): Machine {
    const replica = this.#replica;
    const { timing, cryptography, witness } = replica.surroundings;
    const real = new Replica(
      { committee, index, timing, promises, entry },
      { application: this.state, crypto: cryptography.crypto, verifier: this.#verifier },
    );
    const watched = watchedMachine(real, (input, outputs, now) => {
      const isQuiet = input.type === "tick" && outputs.length === 0;
      this.#tickDueMs = isQuiet ? real.tickDueMs : 0;
      if (!isQuiet) witness.step(replica, input, outputs, now);
    });
    return replica.disguise?.machine?.(watched, replica) ?? watched;
  }

  #createLoop(): EventLoop {
    const { machine, promises, clock, figures, roots, transfer } = this;
    const { committee, index } = this.place;
    const { signer } = this.#replica;
    const verifier = this.#verifier;
    const { epoch } = committee;
    const defer = (work: () => void): void => this.after(PASS_MS, work);
    return new EventLoop(
      { index, epoch, sign: signer.sign, defer },
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
        maySign: () => !this.#latched,
        effects: new HostEffects({
          figures,
          roots,
          submits: this.#submits,
          subscribers: this.#subscribers,
          values: {
            blobs: this.#replica.values,
            fetcher: this.fetcher,
            putInline: (values) => this.#replica.values.putAll(values),
          },
          desk: this.#desk,
          transfer,
          evidence: { keep: () => true },
          latch: { set: () => (this.#latched = true) },
          log: SILENT,
          truncate: (below) => this.#truncation.want(below),
          epoch,
          certified: (certificate) => this.#maybeOver(certificate),
        }),
        onFatal: (error) => this.#replica.fatal(error),
      },
    );
  }

  #createClientApi(): ClientApi {
    const { state, figures, roots, clock } = this;
    const { hash } = this.#replica.surroundings.cryptography.crypto;
    return new ClientApi({
      hash,
      figures,
      state,
      roots,
      submits: this.#submits,
      subscribers: this.#subscribers,
      desk: this.#desk,
      verifier: this.#verifier,
      isEnrolled: (header) => state.isEnrolled(header),
      input: (input) => this.loop.input(input),
      smallValue: (digest) => this.#replica.values.small(digest),
      signHeartbeat: (nonce) => this.#signHeartbeat(nonce),
      status: () => ({}) as ReplicaStatus,
      monotonicMs: () => clock.monotonicMs(),
    });
  }

  #createHandler(): TransportHandler {
    return {
      onFrame: (from, kind, body) => {
        if (kind === FRAME.fetchNodes || kind === FRAME.fetchRows) {
          this.#source.onFrame(from, kind, body, this.clock.monotonicMs());
        } else if (kind === FRAME.nodes || kind === FRAME.rows) {
          this.transfer.onFrame(from, kind, body);
        } else {
          this.loop.frame(from, kind, body);
        }
      },
      onPeerUp: (index) => {
        this.transfer.onPeerUp(index);
        this.loop.input({ type: "peer-up", index });
      },
      onPeerLost: (index) => {
        this.transfer.onPeerLost(index);
        this.loop.input({ type: "peer-lost", index });
      },
    };
  }

  #send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    this.#replica.surroundings.witness.send(this.#replica, to, kind, body);
    this.#transport.send(to, kind, body);
  }

  #signHeartbeat(nonce: Uint8Array): SignedHeartbeat | undefined {
    if (this.#latched) return undefined;
    const now: Now = {
      monotonicMs: this.clock.monotonicMs(),
      reading: this.clock.reading(),
      clockCertain: this.clock.certain,
    };
    const body = this.machine.probe(nonce, now);
    if (body === undefined) return undefined;
    const { committee, index: author } = this.place;
    const { signer, surroundings } = this.#replica;
    surroundings.witness.probed(this.#replica, body);
    const message = { author, epoch: committee.epoch, type: SIGNED_HEARTBEAT, body } as const;
    const { input } = this.#verifier.signOwn(message, signer.sign);
    if (input.type !== "heartbeat") return undefined;
    const { signed } = input.heartbeat;
    return { author, heartbeat: signed.body, signature: signed.signature };
  }

  #transferred(certificate: StatementCertificate): void {
    this.#replica.surroundings.world.mark("transfer: done");
    const isCertified = !(this.#verifier.statementCertificate(certificate) instanceof Refusal);
    if (!isCertified) this.#replica.surroundings.world.mark("transfer: under a weak certificate");
    if (isCertified && this.roots.certified(certificate)) this.#subscribers.changed();
    this.#submits.onTransferred();
    this.#lookForValues();
    this.loop.input({ type: "transferred", certificate });
  }

  /** As node/host/missing-values.ts does it, but in one go. */
  #lookForValues(): void {
    const blobs = this.#replica.values;
    for (const [key, row] of this.store.rows.entries()) {
      wantMissing(key, row, { blobs, fetcher: this.fetcher });
    }
  }

  #sweep(): void {
    const nowMs = this.clock.monotonicMs();
    this.transfer.tick(nowMs);
    this.#source.sweep(nowMs);
    this.#submits.sweep(this.state.agreedTime);
    this.#desk.sweep(this.state.agreedTime);
    this.#truncation.run();
  }
}

const quiet = (): void => undefined;
const SILENT = { info: quiet, warn: quiet, fatal: quiet, error: quiet, debug: quiet } as never;
