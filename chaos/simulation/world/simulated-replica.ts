import type { Committee } from "../../../consensus/committee.ts";
import type { Prng } from "../../../base/prng.ts";
import type { Epoch, Hash, ReplicaIndex } from "../../../base/types.ts";
import type { Genesis } from "../../../consensus/genesis.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import type { Timing } from "../../../consensus/replica/timing.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import { PromiseLog } from "../../../node/promises/promise-log.ts";
import type { Cryptography, Signer } from "./crypto-table.ts";
import { SimulatedDisk } from "./disk.ts";
import type { Disguise } from "./disguise.ts";
import type { SimulatedNetwork } from "./network.ts";
import { memberAddressOf } from "./member-address.ts";
import { ProcessLife } from "./process-life.ts";
import type { ReplicaProcess } from "./replica-process.ts";
import type { FindingsByEpoch } from "./shared-verifier.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { SimulatedValues } from "./simulated-values.ts";
import { SimulatedEnvironment } from "./simulated-environment.ts";
import type { EnvironmentOf, ReplicaEnvironment } from "./simulated-environment.ts";
import type { Neighbours } from "./simulated-transport.ts";
import { Violation } from "./witness.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

/** What all replicas of a run share. */
export interface Surroundings {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly cryptography: Cryptography;
  readonly genesis: Genesis;
  readonly committee: Committee;
  readonly timing: Partial<Timing>;
  readonly tickMs: number;
  readonly neighbours: Neighbours;
  readonly findings: FindingsByEpoch;
  /** Members come and go; else the configuration of the genesis is for ever, and nobody asks. */
  readonly changesMembers: boolean;
  /** Undefined: simulated ones. */
  readonly environmentOf: EnvironmentOf | undefined;
  readonly witness: Required<
    Pick<Witness, "step" | "durable" | "send" | "boot" | "ended" | "began" | "probed">
  >;
}

/** Frames that wait for a process that is paused: what the sockets' buffers hold. */
const PAUSED_COUNT_MAX = 4096;
/** Small, so that a run of a minute fills and drops many. */
const SEGMENT_BYTES_MAX = 96 * 1024;
/** After a disk that was full, somebody looks. */
const RESTART_MS = 2000;

/**
 * One machine: a disk, a clock, a key, and a process on it that comes and goes. `isCorrect` is what
 * the checkers go by: a liar is none of theirs, nor who lost what no log can mend.
 */
export class SimulatedReplica {
  readonly name: string;
  /** Its place in the network: a twin has another than its brother. */
  readonly address: number;
  readonly surroundings: Surroundings;
  readonly signer: Signer;
  readonly disk: SimulatedDisk;
  readonly environment: ReplicaEnvironment;
  readonly values: SimulatedValues;
  readonly clock: SimulatedClock;
  /** What lies on its behalf; undefined: it means what it says. */
  readonly disguise: Disguise | undefined;
  /** What runs; it may be a member of nothing. */
  life: ProcessLife | undefined;
  /** The member that it is now. */
  process: ReplicaProcess | undefined;
  /** The links that it has followed, as they lie on its disk. */
  chain: readonly Uint8Array[] = [];
  readonly #index: ReplicaIndex;
  isPaused = false;
  amnesia: string | undefined;
  bootCount = 0;
  #waiting: (() => void)[] = [];
  #lies: Prng | undefined;

  constructor(
    surroundings: Surroundings,
    who: {
      readonly name: string;
      readonly index: ReplicaIndex;
      readonly address: number;
      readonly signer: Signer;
      readonly disguise?: Disguise | undefined;
    },
  ) {
    const { world } = surroundings;
    this.surroundings = surroundings;
    this.name = who.name;
    this.#index = who.index;
    this.address = who.address;
    this.signer = who.signer;
    this.disguise = who.disguise;
    this.disk = new SimulatedDisk(
      world,
      world.streams.of(`disk ${who.name}`),
      surroundings.cryptography.crypto.hash,
    );
    const prng = world.streams.of(`store ${who.name}`);
    const { environmentOf } = surroundings;
    this.environment = environmentOf?.(who.name, world, prng) ?? new SimulatedEnvironment(prng);
    this.values = new SimulatedValues(surroundings.cryptography.crypto.hash);
    this.clock = new SimulatedClock(world);
    this.disk.onSynced = () => {
      if (this.life !== undefined) world.waitFor(this.life.promises.settled());
    };
    this.#beginPromises();
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  /** Its place among the members, or the last one that it had. */
  get index(): ReplicaIndex {
    return this.process?.index ?? this.#index;
  }

  get memberAddress(): string {
    return memberAddressOf(this.#index);
  }

  /** Neither a liar nor damaged beyond what its own log can tell. */
  get isCorrect(): boolean {
    return this.disguise === undefined && this.disk.damage.length === 0;
  }

  boot(): void {
    if (this.life !== undefined) return;
    this.bootCount++;
    this.amnesia = undefined;
    const opened = PromiseLog.open(this.name, {
      files: this.disk.files(),
      segmentBytesMax: SEGMENT_BYTES_MAX,
    });
    const isLost = opened.state === "amnesiac";
    const records: readonly PromiseRecord[] | "missing" = isLost ? "missing" : opened.records;
    this.surroundings.witness.boot(this, isLost ? opened.why : opened.records);
    const log = isLost ? undefined : opened.log;
    this.guard(() => {
      const life = new ProcessLife(this, { log, records });
      const process = life.createRun(false);
      this.life = life;
      this.process = process;
      this.amnesia = isLost ? opened.why : process?.machine.status.amnesia;
      if (this.amnesia !== undefined) this.surroundings.world.mark("replica: amnesiac");
      if (process !== undefined) this.#begun(process);
      process?.start();
      life.membership?.start();
    });
  }

  /** The same process, in the newest configuration that it knows. */
  beginEpoch(): void {
    const { life } = this;
    const process = life?.createRun(true);
    this.process = process;
    if (process === undefined) return;
    this.amnesia ??= process.machine.status.amnesia;
    this.surroundings.world.mark("epoch: begun");
    this.#begun(process);
    process.start();
  }

  #begun(process: ReplicaProcess): void {
    const { committee, entry } = process.place;
    if (entry !== undefined) this.surroundings.witness.began(this, committee, entry);
  }

  /** What `GET /chain` answers now; undefined: nobody answers. */
  shownChain(from: Epoch): readonly Uint8Array[] | undefined {
    if (this.life === undefined) return undefined;
    const links = this.life.epochs.linksFrom(from);
    return this.disguise?.chain?.(links, from) ?? links;
  }

  /** What `GET /blob` answers now; a liar's bytes may be others. */
  shownValue(digest: Hash): Uint8Array | undefined {
    if (this.process === undefined || this.isPaused) return undefined;
    const bytes = this.values.small(digest);
    if (bytes === undefined || this.disguise === undefined) return bytes;
    const { streams } = this.surroundings.world;
    this.#lies ??= streams.of(`values of ${this.name}`);
    if (this.#lies.chance(0.5)) return bytes;
    return bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
  }

  /** Rows and values are gone, promises are not. */
  wipeStore(): void {
    this.environment.wipe();
    this.values.wipe();
    this.chain = [];
  }

  /** A liar's disk without memory, as on its first day. */
  forget(): void {
    this.disk.clear();
    this.#beginPromises();
  }

  crash(): void {
    if (this.life === undefined) return;
    this.surroundings.world.journal?.crashed(this);
    this.process?.end();
    this.life.end();
    this.process = undefined;
    this.life = undefined;
    this.isPaused = false;
    this.#waiting = [];
    this.disk.crash();
    this.environment.crashed();
  }

  pause(): void {
    if (this.life !== undefined) this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) work();
  }

  receive(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    const { process } = this;
    if (process === undefined) return;
    const { world } = this.surroundings;
    world.hash.number(world.nowUs);
    world.hash.number((from << 16) ^ (this.address << 8) ^ kind);
    world.hash.bytes(body);
    this.whenAwake(() => process.onFrame(from, kind, body));
  }

  /** Now, or when the pause ends; never in another process. */
  whenAwake(work: () => void): void {
    const { life } = this;
    const guarded = (): void => {
      if (this.life === life && life !== undefined) this.guard(work);
    };
    if (!this.isPaused) guarded();
    else if (this.#waiting.length < PAUSED_COUNT_MAX) this.#waiting.push(guarded);
  }

  /** Timers of a process that has ended do nothing; of a paused one they come late. */
  ifAlive(owner: object, work: () => void): void {
    const { life, process } = this;
    if (life === undefined) return;
    if (owner === life || owner === process || owner === process?.handler) this.whenAwake(work);
  }

  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fatal(error);
    }
  }

  /** The process cannot go on: its disk is full, or it is wrong about itself. */
  fatal(error: unknown): void {
    const { world } = this.surroundings;
    if (error instanceof Violation) {
      world.fail(error);
      return;
    }
    if (isDiskFull(error)) {
      world.mark("replica: stopped by a full disk");
      this.crash();
      this.#restartLater();
      return;
    }
    if (this.environment.isRotten) {
      // It has met a row that is not what it was; what is left of them is mended at its start.
      world.mark("replica: stopped by a rotten row");
      this.crash();
      this.#restartLater();
      return;
    }
    if (!this.isCorrect) {
      world.mark("replica: a damaged or lying one stopped");
      this.crash();
      return;
    }
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    world.fail(new Violation("no broken invariant", `${this.name}: ${text}`));
  }

  #beginPromises(): void {
    PromiseLog.begin(this.disk.files());
  }

  #restartLater(): void {
    this.surroundings.world.after(RESTART_MS, () => {
      if (this.disk.mood.full) this.#restartLater();
      else this.boot();
    });
  }
}

function isDiskFull(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (code === "ENOSPC") return true;
  return code === "PROMISES_FAILED" && (cause as { readonly code?: unknown }).code === "ENOSPC";
}
