import { toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import { Prng } from "../../../base/prng.ts";
import type { Epoch, ReplicaIndex, Sequence } from "../../../base/types.ts";
import { faultyMaxAtGenesis } from "../../committee.ts";
import type { Committee } from "../../committee.ts";
import type { StatementCertificate } from "../../wire/certificate.ts";
import { statementCodec } from "../../wire/certificate.ts";
import type { EpochEntry } from "../context.ts";
import type { FrameKind } from "../../wire/frame.ts";
import type { Timing } from "../timing.ts";
import type { CountingState } from "./counting-application.ts";
import { TestHost } from "./test-host.ts";
import { TestWriter } from "./test-writer.ts";
import { sha256, tableKey } from "./table-crypto.ts";

/** How the network treats frames; changed at will while a test runs. */
export interface Weather {
  lossProbability: number;
  duplicateProbability: number;
  /** Delays are uniform in [delayMsMin, delayMsMax], so frames overtake one another. */
  delayMsMin: number;
  delayMsMax: number;
}

export interface Flying {
  readonly from: ReplicaIndex;
  readonly to: ReplicaIndex;
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

const TICK_MS = 10;
const START_MS = 1_000_000;

/** A whole cluster in one thread, from one seed: network, clock and crashes are all here. */
export class TestCluster {
  committee: Committee;
  /** What led into the committee's epoch, and all committees before it. */
  entry: EpochEntry | undefined;
  readonly committees: Committee[];
  readonly epochEnds: Map<Epoch, Sequence> = new Map();
  readonly hosts: TestHost[] = [];
  readonly prng: Prng;
  readonly weather: Weather = {
    lossProbability: 0,
    duplicateProbability: 0,
    delayMsMin: 1,
    delayMsMax: 1,
  };
  /** Frames for which this answers false are lost. */
  passes: (frame: Flying) => boolean = () => true;
  nowMs = START_MS;
  readonly writers: TestWriter[];
  readonly states = new Map<number, CountingState>();
  readonly #flying = new Map<number, Flying[]>();

  constructor(options: {
    readonly memberCount?: number;
    readonly seed?: number;
    readonly writerCount?: number;
    readonly timing?: Partial<Timing>;
  }) {
    const { memberCount = 4, seed = 1, writerCount = 3, timing = {} } = options;
    this.prng = new Prng(seed);
    const keys = Array.from({ length: memberCount }, (_, index) => tableKey(`replica ${index}`));
    this.committee = {
      clusterId: sha256(Uint8Array.of(memberCount)),
      epoch: 0 as Epoch,
      members: keys.map(({ publicKey }, index) => ({ publicKey, address: `replica:${index}` })),
      faultyMax: faultyMaxAtGenesis(memberCount),
    };
    this.committees = [this.committee];
    this.writers = Array.from(
      { length: writerCount },
      (_, index) => new TestWriter(`writer ${index}`, this.committee.clusterId),
    );
    const writers = new Set(this.writers.map(({ key }) => toHex(key.publicKey)));
    keys.forEach((key, index) => {
      this.hosts.push(new TestHost(this, { index: index as ReplicaIndex, key, writers, timing }));
    });
    for (const host of this.hosts) host.boot();
  }

  /** Every host learns at once that the present epoch ends here. */
  endEpochAt(sequence: number): void {
    const { epoch } = this.committee;
    this.epochEnds.set(epoch, sequence as Sequence);
    for (const host of this.hosts) host.learnEnd(epoch, sequence as Sequence);
  }

  /** The next epoch of the same members, for these hosts, on this certificate of the boundary. */
  beginEpoch(certificate: StatementCertificate, indexes: readonly number[]): void {
    const { sequence: boundary } = statementCodec.decode(certificate.statement);
    this.entry = { boundary, certificate };
    this.committee = { ...this.committee, epoch: (this.committee.epoch + 1) as Epoch };
    this.committees.push(this.committee);
    for (const index of indexes) this.host(index).enterEpoch();
  }

  host(index: number): TestHost {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`no replica ${index}`);
    return host;
  }

  get correct(): TestHost[] {
    return this.hosts.filter((host) => !host.isLiar && host.isUp);
  }

  hlc(): ReturnType<typeof hlcFromMs> {
    return hlcFromMs(this.nowMs);
  }

  send(from: ReplicaIndex, to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    for (const host of this.hosts) {
      if (host.index === from || (to !== "all" && host.index !== to)) continue;
      this.#fly(from, host.index, kind, body);
      if (this.prng.chance(this.weather.duplicateProbability)) {
        this.#fly(from, host.index, kind, body);
      }
    }
  }

  /** Lets time pass, tick by tick, delivering what arrives. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) this.advance();
  }

  /** Until the condition holds; answers whether it came to hold in time. */
  runUntil(condition: () => boolean, limitMs = 20_000): boolean {
    const endMs = this.nowMs + limitMs;
    while (!condition()) {
      if (this.nowMs >= endMs) return false;
      this.advance();
    }
    return true;
  }

  advance(): void {
    for (let step = 0; step < TICK_MS; step++) {
      this.nowMs++;
      this.#deliver();
    }
    for (const host of this.hosts) host.tick();
  }

  #deliver(): void {
    const due = this.#flying.get(this.nowMs);
    if (due === undefined) return;
    this.#flying.delete(this.nowMs);
    for (const frame of due) {
      if (this.passes(frame)) this.host(frame.to).receive(frame.from, frame.kind, frame.body);
    }
  }

  /** Any correct replica's state at a certificate's root: what a transfer would bring. */
  stateAt(certificate: StatementCertificate): CountingState | undefined {
    const { sequence, stateRoot } = statementCodec.decode(certificate.statement);
    for (const host of this.correct) {
      const state = host.states.get(sequence);
      if (state !== undefined && toHex(state.stateRoot) === toHex(stateRoot)) return state;
    }
    return undefined;
  }

  /** Roots by sequence of all correct replicas: throws where two differ. */
  agreedRoots(): ReadonlyMap<number, string> {
    const roots = new Map<number, string>();
    for (const host of this.hosts) {
      if (host.isLiar) continue;
      for (const [sequence, root] of host.certifiedRoots) {
        const known = roots.get(sequence) ?? root;
        if (known !== root) throw new Error(`two roots at ${sequence}`);
        roots.set(sequence, root);
      }
    }
    return roots;
  }

  #fly(from: ReplicaIndex, to: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    if (this.prng.chance(this.weather.lossProbability)) return;
    const { delayMsMin, delayMsMax } = this.weather;
    const delayMs = delayMsMin + this.prng.below(delayMsMax - delayMsMin + 1);
    const atMs = this.nowMs + Math.max(1, delayMs);
    const others = this.#flying.get(atMs);
    const frame = { from, to, kind, body };
    if (others === undefined) this.#flying.set(atMs, [frame]);
    else others.push(frame);
  }
}
