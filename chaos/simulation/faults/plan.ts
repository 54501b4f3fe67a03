import type { LinkMood } from "../world/network.ts";

/**
 * Everything about a run that is decided before it begins, as plain data: a plan and a seed are a
 * run. A tape is a plan with less in it.
 */
export interface Plan {
  readonly seed: number;
  readonly memberCount: number;
  readonly faultyMax: number;
  readonly realCrypto: boolean;
  readonly clientCount: number;
  /** Committed writes that each client wants before it rests. */
  readonly writesPerClient: number;
  readonly thinkMs: number;
  /** Clients begin at multiples of it, so that batches form; 0: whenever they like. */
  readonly beatMs: number;
  readonly tickMs: number;
  readonly checkpointInterval: number;
  readonly pipelineDepth: number;
  readonly batchItemCountMin: number;
  /** When faults end and the correct must come to agree. */
  readonly healMs: number;
  /** A run is at least as long. */
  readonly durationMs: number;
  /** Of a shrunk tape: what it shows has been seen by then, and nobody looks any further. */
  readonly endMs?: number;
  readonly link: LinkMood;
  /** Who lies and how; a member that is not named is correct. */
  readonly liars: readonly LiarPlan[];
  readonly byzantineClients: readonly string[];
  readonly faults: readonly Fault[];
  /** Absent: the members are for ever. */
  readonly membership?: MembershipPlan;
}

/** Machines are named by their addresses: the first members', then the newcomers'. */
export interface MembershipPlan {
  /** Machines that run from the beginning and are members of nothing. */
  readonly newcomerCount: number;
  readonly changes: readonly MemberChange[];
  /** So many are let go that the liars who stay can stop everything: only safety is judged. */
  readonly mayStall: boolean;
}

/** What the administrator orders at a time, or as soon as what came before is decided. */
export interface MemberChange {
  readonly atMs: number;
  readonly add: readonly number[];
  readonly remove: readonly number[];
  /** f from then on, where the operator asks for less than he has. */
  readonly faultyMax?: number;
  /** Forged: without the word of the keys that join, or with another's. */
  readonly consent: "given" | "missing" | "another's";
}

export interface LiarPlan {
  readonly index: number;
  readonly strategies: readonly string[];
  /** Two processes with one key. */
  readonly twin: boolean;
}

/** Something that goes wrong at a time, and for how long. */
export type Fault =
  | {
      readonly type: "partition";
      readonly atMs: number;
      readonly forMs: number;
      /** By address: 0 and 1 cannot talk; with `oneWay` only 0 cannot talk to 1. */
      readonly sides: readonly number[];
      readonly oneWay: boolean;
    }
  | {
      readonly type: "isolate-primary";
      readonly atMs: number;
      readonly forMs: number;
      readonly direction: "both" | "in" | "out";
    }
  | {
      readonly type: "clog";
      readonly atMs: number;
      readonly forMs: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly type: "slow-links";
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly delayMs: number;
    }
  | {
      readonly type: ProcessFault;
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
    }
  | {
      /** A reset steps, and after `forMs` the machine restarts with the right time again. */
      readonly type: "clock-step" | "clock-drift" | "clock-strobe" | "clock-reset";
      readonly atMs: number;
      readonly forMs: number;
      readonly replica: number;
      readonly by: number;
    }
  | StrikeFault;

/** From `atMs` on it waits for its moment, see strikes.ts. */
export interface StrikeFault {
  readonly type: "strike";
  readonly atMs: number;
  readonly forMs: number;
  readonly replica: number;
  readonly what: "when-prepared" | "when-proposed" | "when-leaving" | "in-a-flush" | "when-asking";
}

export type ProcessFault =
  | "crash"
  | "pause"
  | "slow-disk"
  | "full-disk"
  | "wipe-store"
  | "rot-store"
  | "rot-row"
  | "crash-all"
  | "wipe-promises"
  | "rot-promises"
  | "misdirected-write"
  | "wipe-machine";
