import { hlcMs } from "../../base/hlc.ts";
import { hostPortOf, isSecureAddress } from "../../base/replica-address.ts";
import type { Hlc } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import { WINDOW_LENGTH } from "../../consensus/limits.ts";
import type { ClusterStatus, ReplicaLine } from "../status/cluster-status.ts";
import { fault, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Answers travel, and two clocks kept by NTP differ by less. */
const CLOCK_BEHIND_MS_MAX = 2_000;
/** After a restart a clock runs ahead by up to ten seconds, so that it never goes back. */
const CLOCK_AHEAD_MS_MAX = 15_000;

/** What the replicas say of themselves, and whether it fits together. */
export function checkReplicas(
  status: ClusterStatus,
  committee: Committee,
  nowMs: number,
): Finding[] {
  const { replicas } = status;
  const alive = replicas.filter((replica) => replica.alive);
  if (alive.length === 0) {
    return [fault("ALL_DEAD", "no replica answers", "start the cluster: quorate up")];
  }
  const highest = Math.max(...alive.map((replica) => replica.sequence ?? 0));
  return [
    ...checkQuorum(replicas, quorumOf(committee)),
    ...replicas.flatMap(checkReplica),
    ...checkEvidence(replicas),
    ...alive.flatMap((replica) => checkClock(replica, nowMs)),
    ...alive.flatMap((replica) => checkLag(replica, highest)),
    ...checkRoots(alive),
  ];
}

function checkQuorum(replicas: readonly ReplicaLine[], quorum: number): Finding[] {
  const ready = replicas.filter((replica) => replica.ready).length;
  if (ready >= quorum) return [];
  return [
    fault(
      "NO_QUORUM",
      `${ready} replicas are ready, and ${quorum} are needed: nothing can be written`,
      "start or repair the others, see below",
    ),
  ];
}

/** Silence is no evidence, and this is none: whoever is named here has signed two contradictions. */
function checkEvidence(replicas: readonly ReplicaLine[]): Finding[] {
  const accused = new Set(replicas.flatMap((replica) => replica.accused));
  return [...accused].map((index) => {
    const holders = replicas.filter((replica) => replica.accused.includes(index));
    const address = holders[0]?.address ?? "";
    const protocol = isSecureAddress(address) ? "https" : "http";
    return fault(
      "REPLICA_CONVICTED",
      `replicas ${holders.map(({ id }) => id).join(", ")} hold evidence against replica ${index}`,
      `fetch it from ${protocol}://${hostPortOf(address)}/evidence, let quorate evidence verify judge it, ` +
        "and stop that replica if it holds",
    );
  });
}

function checkReplica(replica: ReplicaLine): Finding[] {
  const who = `replica ${replica.id} (${replica.address})`;
  const why = replica.reasons.join(", ");
  if (!replica.alive) {
    return [
      fault("REPLICA_DEAD", `${who} does not answer: ${why}`, "start it, or look at its log"),
    ];
  }
  if (replica.halted) {
    return [
      fault(
        "REPLICA_HALTED",
        `${who} has halted: it saw certificates that contradict each other`,
        "more than f replicas lied or lost their promises; keep its evidence folder and find out " +
          "which before anybody resumes it",
      ),
    ];
  }
  if (replica.amnesiac) {
    return [
      fault(
        "REPLICA_AMNESIAC",
        `${who} lost its promises and stays silent`,
        "it counts as one of the f that may fail; never restore old promises from a backup",
      ),
    ];
  }
  if (replica.transferring) {
    return [
      warning("REPLICA_TRANSFERRING", `${who} fetches the state from the others`, "wait for it"),
    ];
  }
  if (replica.ready) return [];
  return [fault("REPLICA_NOT_READY", `${who} is not ready: ${why}`, "look at its log")];
}

function checkClock(replica: ReplicaLine, nowMs: number): Finding[] {
  if (replica.hlc === null) return [];
  const aheadMs = hlcMs(BigInt(replica.hlc) as Hlc) - nowMs;
  if (aheadMs <= CLOCK_AHEAD_MS_MAX && -aheadMs <= CLOCK_BEHIND_MS_MAX) return [];
  const how = aheadMs > 0 ? `${aheadMs} ms ahead of` : `${-aheadMs} ms behind`;
  return [
    fault(
      "CLOCK_DIFFERS",
      `the clock of replica ${replica.id} is ${how} this machine's`,
      "keep both by NTP: a backup refuses proposals whose time is far from its own",
    ),
  ];
}

function checkLag(replica: ReplicaLine, highest: number): Finding[] {
  const behind = highest - (replica.sequence ?? 0);
  if (behind <= WINDOW_LENGTH || replica.transferring) return [];
  return [
    warning(
      "REPLICA_BEHIND",
      `replica ${replica.id} is ${behind} sequences behind`,
      "it catches up by itself while it is connected; if it does not, look at its log",
    ),
  ];
}

/** Equal sequences must have equal roots; two roots mean a fault in execution or in a disk. */
function checkRoots(alive: readonly ReplicaLine[]): Finding[] {
  return [...new Set(alive.map((replica) => replica.sequence))].flatMap((sequence) => {
    const replicas = alive.filter((replica) => replica.sequence === sequence);
    const roots = new Set(replicas.map((replica) => replica.stateRoot));
    if (roots.size < 2) return [];
    const ids = replicas.map((replica) => replica.id).join(", ");
    return [
      fault(
        "ROOTS_DIFFER",
        `replicas ${ids} show ${roots.size} different state roots at sequence ${sequence}`,
        "stop writing and keep all folders: one of them executed wrongly or its disk changed; " +
          "wiping that replica's store makes it fetch the state anew",
      ),
    ];
  });
}
