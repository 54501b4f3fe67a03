import type { Prng } from "../../../base/prng.ts";
import { equalBytes } from "../../../base/bytes.ts";
import type { TrueEpochs } from "../invariants/true-epochs.ts";
import type { LinkMood, SimulatedNetwork } from "../world/network.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { World } from "../world/world.ts";
import type { Fault } from "./plan.ts";
import { primaryAddressOf } from "./primary-address.ts";
import { Strikes } from "./strikes.ts";

/** Clocks off by more than this make a replica one of the f: half of ε. */
const CLOCK_OFF_MS_MAX = 250;
const STROBE_MS = 50;
const RESET_MS = 15;

/** Carries a plan's faults out, each at its time, and mends all of them when the healing begins. */
export class Nemesis {
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #replicas: readonly SimulatedReplica[];
  readonly #prng: Prng;
  /** The last one whose store was lost: no other is, until it has come up again. */
  #bare: { readonly replica: SimulatedReplica; readonly sequence: number } | undefined;
  #healed = false;
  /** Those whose clocks are beyond what a correct one may be. */
  readonly timeless = new Set<SimulatedReplica>();
  /** Told of every step. */
  readonly strikes: Strikes;

  /** Undefined: the members are for ever. */
  readonly #epochs: TrueEpochs | undefined;
  /** A change of members is being ordered: nobody's store is lost meanwhile. */
  #isHeld = false;

  constructor(
    world: World,
    network: SimulatedNetwork,
    replicas: readonly SimulatedReplica[],
    epochs?: TrueEpochs,
  ) {
    this.#epochs = epochs;
    this.#world = world;
    this.#network = network;
    this.#replicas = replicas;
    this.#prng = world.streams.of("nemesis");
    this.strikes = new Strikes(world, network, replicas);
  }

  /**
   * Whether all correct members hold what they must: then none of their stores is lost until
   * `release`. Who leaves takes what it held along, as an operator who replaces one knows.
   */
  holdsStill(): boolean {
    // What rots unnoticed is found at the next start: until the healing one waits for that.
    const isRotten = this.#replicas.some(({ environment }) => environment.isRotten);
    if (!this.areMembersWhole() || (isRotten && !this.#healed)) return false;
    this.#isHeld = true;
    return true;
  }

  release(): void {
    this.#isHeld = false;
  }

  /** Of the newest configuration that is decided. */
  isMember({ signer }: SimulatedReplica): boolean {
    const { members } = this.#epochs?.newest ?? {};
    return members?.some(({ publicKey }) => equalBytes(publicKey, signer.publicKey)) ?? true;
  }

  /** All of them that are correct. */
  areMembersWhole(): boolean {
    return this.#replicas.every((replica) => this.isWholeMember(replica));
  }

  /** In that epoch, with all that was in it at its beginning; or none whom anybody relies on. */
  isWholeMember(replica: SimulatedReplica): boolean {
    const epochs = this.#epochs;
    if (epochs === undefined || !this.isMember(replica) || !replica.isCorrect) return true;
    const { epoch } = epochs.newest;
    const isIn = replica.process?.committee.epoch === epoch;
    return isIn && isWhole(replica, epochs.beginsAfter(epoch));
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#world.at(fault.atMs, () => {
        if (!this.#healed) this.#begin(fault);
      });
    }
  }

  /** From now on nothing goes wrong but lies. */
  heal(): void {
    this.#healed = true;
    this.#world.journal?.healed();
    this.strikes.heal();
    const mood: Partial<LinkMood> = {
      delayMsMin: 0.5,
      delayMsMean: 1,
      lossProbability: 0,
      duplicateProbability: 0,
      replayProbability: 0,
      ordered: true,
      cloggedUntilMs: 0,
    };
    this.#network.healAll(mood);
    for (const replica of this.#replicas) {
      replica.disk.mood.full = false;
      replica.disk.mood.syncMs = 0.2;
      replica.clock.setDrift(0);
      if (!this.timeless.has(replica)) replica.clock.offsetMs = 0;
      replica.resume();
      replica.boot();
    }
  }

  #begin(fault: Fault): void {
    this.#world.fault(fault.type);
    this.#world.journal?.fault(fault, this.#replicas);
    switch (fault.type) {
      case "partition": {
        const { sides, oneWay } = fault;
        this.#cut(fault.forMs, (from, to) => {
          const left = sides[from];
          const right = sides[to];
          if (left === undefined || right === undefined || left === right) return false;
          return !oneWay || left === 0;
        });
        return;
      }
      case "isolate-primary":
        this.#isolatePrimary(fault.forMs, fault.direction);
        return;
      case "clog": {
        const until = this.#world.nowMs + fault.forMs;
        this.#network.moodOf(fault.from, fault.to).cloggedUntilMs = until;
        return;
      }
      case "slow-links":
        this.#slowLinks(fault);
        return;
      case "clock-step":
      case "clock-drift":
      case "clock-strobe":
      case "clock-reset":
        this.#disturbClock(fault);
        return;
      case "strike":
        this.strikes.begin(fault);
        return;
      default:
        this.#hurtProcess(fault);
    }
  }

  #cut(forMs: number, blocks: (from: number, to: number) => boolean): void {
    const cut = this.#network.cut(blocks);
    this.#world.after(forMs, () => this.#network.heal(cut));
  }

  #isolatePrimary(forMs: number, direction: "both" | "in" | "out"): void {
    const address = this.#primaryAddress();
    const peerCount = this.#replicas.length;
    this.#cut(forMs, (from, to) => {
      if (from >= peerCount || to >= peerCount) return false;
      return (direction !== "in" && from === address) || (direction !== "out" && to === address);
    });
  }

  #primaryAddress(): number | undefined {
    if (this.#epochs !== undefined) return primaryAddressOf(this.#replicas);
    const views = this.#replicas.flatMap(({ process }) => process?.machine.status.view ?? []);
    const index = Math.max(0, ...views) % this.#replicas.length;
    return this.#replicas[index]?.address;
  }

  #slowLinks(fault: Extract<Fault, { readonly type: "slow-links" }>): void {
    for (const other of this.#replicas) {
      for (const [from, to] of [
        [fault.replica, other.address],
        [other.address, fault.replica],
      ] as const) {
        const mood = this.#network.moodOf(from, to);
        const before = mood.delayMsMin;
        mood.delayMsMin = fault.delayMs;
        this.#world.after(fault.forMs, () => {
          if (!this.#healed) mood.delayMsMin = before;
        });
      }
    }
  }

  #disturbClock(fault: Extract<Fault, { readonly by: number }>): void {
    const replica = this.#replicas[fault.replica];
    if (replica === undefined) return;
    const { clock } = replica;
    if (fault.type === "clock-drift") {
      clock.setDrift(fault.by);
      this.#world.after(fault.forMs, () => clock.setDrift(0));
      return;
    }
    if (Math.abs(fault.by) > CLOCK_OFF_MS_MAX) this.timeless.add(replica);
    clock.offsetMs = fault.by;
    if (fault.type === "clock-strobe") this.#strobe(replica, fault.by, fault.forMs);
    else if (fault.type === "clock-reset") this.#resetClock(replica, fault.forMs);
    else this.#world.after(fault.forMs, () => (clock.offsetMs = 0));
  }

  /** The process restarts so soon that the right time is behind what its clock has shown. */
  #resetClock(replica: SimulatedReplica, inMs: number): void {
    this.#world.after(inMs, () => {
      replica.clock.offsetMs = 0;
      if (!this.#healed) this.#crash(replica, RESET_MS);
    });
  }

  #strobe(replica: SimulatedReplica, by: number, leftMs: number): void {
    if (leftMs <= 0 || this.#healed) {
      replica.clock.offsetMs = 0;
      return;
    }
    replica.clock.offsetMs = replica.clock.offsetMs === 0 ? by : 0;
    this.#world.after(STROBE_MS, () => this.#strobe(replica, by, leftMs - STROBE_MS));
  }

  #hurtProcess(fault: Extract<Fault, { readonly replica: number }>): void {
    const replica = this.#replicas[fault.replica];
    if (replica === undefined) return;
    const { disk } = replica;
    switch (fault.type) {
      case "crash":
        return this.#crash(replica, fault.forMs);
      case "crash-all":
        for (const each of this.#replicas) this.#crash(each, fault.forMs + this.#prng.below(500));
        return;
      case "pause":
        replica.pause();
        this.#world.after(fault.forMs, () => replica.resume());
        return;
      case "slow-disk":
        disk.mood.syncMs = 20 + this.#prng.below(300);
        this.#world.after(fault.forMs, () => (disk.mood.syncMs = 0.2));
        return;
      case "full-disk":
        disk.mood.full = true;
        this.#world.after(fault.forMs, () => (disk.mood.full = false));
        return;
      case "wipe-store":
      case "rot-store":
      case "rot-row":
        return this.#loseStore(replica, fault.type, fault.forMs);
      case "wipe-promises":
      case "rot-promises":
      case "misdirected-write":
      case "wipe-machine":
        this.#crash(replica, fault.forMs, () => this.#ruin(replica, fault.type));
        return;
      default:
    }
  }

  #ruin(replica: SimulatedReplica, type: string): void {
    if (type === "wipe-machine") replica.wipeStore();
    if (type === "wipe-promises" || type === "wipe-machine") replica.disk.wipe();
    else if (type === "rot-promises") replica.disk.rot();
    else replica.disk.misdirect();
  }

  /** The process ends; `meanwhile` happens to its machine before it is started again. */
  #crash(replica: SimulatedReplica, forMs: number, meanwhile: () => void = () => undefined): void {
    replica.crash();
    meanwhile();
    this.#world.after(forMs, () => replica.boot());
  }

  /** At most one is bare at a time, or nobody might hold what was acknowledged. */
  #loseStore(replica: SimulatedReplica, type: string, forMs: number): void {
    if (this.#isHeld || !this.areMembersWhole()) return;
    const bare = this.#bare;
    if (bare !== undefined && bare.replica !== replica) {
      const { environment } = bare.replica;
      if (environment.isRotten || !isWhole(bare.replica, bare.sequence)) return;
    }
    const sequence = Math.max(...this.#replicas.map(({ process }) => process?.state.sequence ?? 0));
    this.#bare = { replica, sequence };
    this.#world.mark(`nemesis: ${type}`);
    if (type === "rot-row") {
      // Nobody notices before it is read.
      replica.environment.rot();
      return;
    }
    this.#crash(replica, forMs, () => {
      if (type === "wipe-store") replica.wipeStore();
      else replica.environment.rot();
    });
  }
}

/** All that it lost, it has again. */
function isWhole({ process }: SimulatedReplica, sequence: number): boolean {
  if (process === undefined) return false;
  const { state, transfer, fetcher } = process;
  return state.isWhole && state.sequence >= sequence && !transfer.isRunning && fetcher.count === 0;
}
