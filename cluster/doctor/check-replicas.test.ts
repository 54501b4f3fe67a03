import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, Hash, PublicKey } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { ClusterStatus, ReplicaLine } from "../status/cluster-status.ts";
import { checkReplicas } from "./check-replicas.ts";

const NOW_MS = 1_800_000_000_000;

const committee: Committee = {
  clusterId: new Uint8Array(32) as Hash,
  epoch: 0 as Epoch,
  members: [0, 1, 2, 3].map((index) => ({
    publicKey: new Uint8Array(32).fill(index) as PublicKey,
    address: `127.0.0.1:${7400 + index}`,
  })),
  faultyMax: 1,
};

function line(id: number, changes: Partial<ReplicaLine> = {}): ReplicaLine {
  return {
    id,
    alive: true,
    pid: 100 + id,
    sequence: 5,
    stateRoot: "aa",
    hlc: hlcFromMs(NOW_MS).toString(),
    publicKey: "",
    address: `127.0.0.1:${7400 + id}`,
    view: 0,
    ready: true,
    amnesiac: false,
    halted: false,
    transferring: false,
    entries: 0,
    accused: [],
    quarantined: [],
    reasons: [],
    ...changes,
  };
}

/** Four healthy replicas, but for what is said of each. */
function codes(...changes: readonly Partial<ReplicaLine>[]): string[] {
  const replicas = [0, 1, 2, 3].map((id) => line(id, changes[id]));
  const status: ClusterStatus = {
    ...{ cluster: "", name: "", epoch: 0, n: 4, f: 1, view: 0, primary: 0 },
    replicas,
  };
  return checkReplicas(status, committee, NOW_MS).map((finding) => finding.code);
}

const dead: Partial<ReplicaLine> = { alive: false, ready: false, sequence: null, hlc: null };
const at = (ms: number): Partial<ReplicaLine> => ({ hlc: hlcFromMs(NOW_MS + ms).toString() });

describe("doctor on what replicas say", () => {
  it.each<[string, readonly Partial<ReplicaLine>[], readonly string[]]>([
    ["all well", [], []],
    ["one dead", [dead], ["REPLICA_DEAD"]],
    ["two dead", [dead, dead], ["NO_QUORUM", "REPLICA_DEAD", "REPLICA_DEAD"]],
    ["all dead", [dead, dead, dead, dead], ["ALL_DEAD"]],
    ["one amnesiac", [{ ready: false, amnesiac: true }], ["REPLICA_AMNESIAC"]],
    ["one convicted", [{ accused: [2] }], ["REPLICA_CONVICTED"]],
    ["one halted", [{ ready: false, halted: true, amnesiac: true }], ["REPLICA_HALTED"]],
    [
      "one transferring, however far behind",
      [
        { ready: false, transferring: true },
        { sequence: 1000 },
        { sequence: 1000 },
        { sequence: 1000 },
      ],
      ["REPLICA_TRANSFERRING"],
    ],
    ["one not ready", [{ ready: false, reasons: ["no quorum"] }], ["REPLICA_NOT_READY"]],
    ["one behind", [{ sequence: 262 }], ["REPLICA_BEHIND", "REPLICA_BEHIND", "REPLICA_BEHIND"]],
    ["different roots at one sequence", [{ stateRoot: "bb" }], ["ROOTS_DIFFER"]],
    ["different roots at different sequences", [{ stateRoot: "bb", sequence: 6 }], []],
    ["a clock behind", [at(-2001)], ["CLOCK_DIFFERS"]],
    ["a clock ahead", [at(15_001)], ["CLOCK_DIFFERS"]],
    ["a clock that restarted ahead", [at(10_000)], []],
  ])("%s", (_title, changes, expected) => {
    expect(codes(...changes)).toEqual(expected);
  });
});
