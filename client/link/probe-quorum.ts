import { invariant } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, Sequence } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Heartbeat } from "../../consensus/wire/certificate.ts";
import type { ProbeAnswer } from "../../consensus/wire/connection.ts";
import { aborted, clusterUnreachable } from "../errors.ts";
import { UNREACHABLE_MS_MAX } from "../limits.ts";
import type { Platform } from "../platform/platform.ts";
import type { Fleet } from "./fleet.ts";
import { provenHeartbeat } from "./heartbeat-quorum.ts";
import { probeQuestion } from "./questions.ts";
import type { ReplicaLink } from "./replica-link.ts";
import type { Sweep } from "./sweep.ts";

export interface ProbeOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** When Q answered with different sequences, wait this long for others. */
  readonly graceMs: number;
  /**
   * Also resolve, with fewer, when Q answered but sign nothing: a cluster that has executed nothing
   * yet has no state to sign.
   */
  readonly acceptSilent?: boolean;
}

/**
 * Q heartbeats over one fresh nonce, so none can be older than this question. Replicas that connect
 * meanwhile are asked too.
 * @throws QuorateError CLUSTER_UNREACHABLE when fewer than Q sign in time, or soon when all of them
 * refuse connections; ABORTED
 */
export function probeQuorum(
  dependencies: {
    readonly fleet: Fleet;
    readonly sweep: Sweep;
    readonly platform: Platform;
    readonly committee: Committee;
  },
  options: ProbeOptions,
): Promise<ReadonlyMap<ReplicaIndex, Heartbeat>> {
  const { fleet, sweep, platform, committee } = dependencies;
  const nonce = platform.randomBytes(32);
  const answers = new Map<ReplicaIndex, Heartbeat>();
  const asked = new Set<ReplicaLink>();
  const silent = new Set<ReplicaLink>();
  const hasMoved = epochWatch(committee);
  const isRefused = refusalWatch(fleet, sweep);
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stopAsking();
      deadline();
      grace?.();
      options.signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(aborted(options.signal?.reason)));
    const succeed = (): void => finish(() => resolve(answers));
    const fail = (why: string): void => finish(() => reject(clusterUnreachable(why)));
    let grace: (() => void) | undefined;
    const forget = (): void => {
      for (const heard of [answers, silent]) heard.clear();
      grace?.();
      grace = undefined;
    };
    const takeSilence = (link: ReplicaLink): void => {
      silent.add(link);
      const all = answers.size + silent.size;
      if (options.acceptSilent === true && all >= quorumOf(committee)) succeed();
      // One that has just restarted signs again once it stands where it stood before.
      else sweep.after(ASK_SILENT_AGAIN_MS, () => void asked.delete(link));
    };
    const take = (link: ReplicaLink, answer: ProbeAnswer | undefined): void => {
      // Of one configuration, or they make no quorum.
      if (hasMoved()) forget();
      if (answer === undefined) return void asked.delete(link);
      if (answer.heartbeat === undefined) return takeSilence(link);
      const heartbeat = provenHeartbeat(platform.crypto, committee, answer.heartbeat);
      const own = answer.heartbeat.author === link.index;
      if (heartbeat === undefined || !own || !equalBytes(heartbeat.nonce, nonce)) {
        link.lied("forged-heartbeat");
        return;
      }
      silent.delete(link);
      answers.set(link.index, heartbeat);
      if (answers.size < quorumOf(committee)) return;
      if (answers.size === committee.members.length || agree(answers)) return succeed();
      grace ??= sweep.after(options.graceMs, () => (hasMoved() ? forget() : succeed()));
    };
    const ask = (): void => {
      if (isRefused()) return fail("all of them refuse connections");
      for (const link of fleet.open) {
        if (asked.has(link)) continue;
        if (link.ask(probeQuestion(nonce), (answer) => take(link, answer))) asked.add(link);
      }
    };
    const stopAsking = repeat(sweep, ask);
    const deadline = sweep.after(options.deadlineMs, () =>
      fail(`${answers.size} of ${quorumOf(committee)} needed replicas signed our nonce`),
    );
    if (options.signal?.aborted === true) onAbort();
    else options.signal?.addEventListener("abort", onAbort);
  });
}

/** Answers whether there is another configuration than when it was asked last. */
function epochWatch(committee: Committee): () => boolean {
  let { epoch } = committee;
  return () => {
    const moved = committee.epoch !== epoch;
    ({ epoch } = committee);
    return moved;
  };
}

/** A restart takes a moment; what is turned away for longer is not there. */
function refusalWatch(fleet: Fleet, sweep: Sweep): () => boolean {
  let refusedMs: number | undefined;
  return () => {
    refusedMs = fleet.refused ? (refusedMs ?? sweep.nowMs()) : undefined;
    return refusedMs !== undefined && sweep.nowMs() - refusedMs > UNREACHABLE_MS_MAX;
  };
}

function agree(answers: ReadonlyMap<ReplicaIndex, Heartbeat>): boolean {
  const sequences = new Set([...answers.values()].map(({ sequence }) => sequence));
  return sequences.size === 1;
}

/**
 * A sequence below which no write is missing that was proven before the question: the proof has Q
 * statements, so any Q answers hold one by a correct replica that had executed it. Of all answers
 * the Q smallest, so that one who claims a sequence that nobody has stops nothing. The committee is
 * the answers' own, whichever is in force by now.
 */
export function floorOf(
  committee: Committee,
  answers: ReadonlyMap<ReplicaIndex, Heartbeat>,
): Sequence {
  invariant(answers.size >= quorumOf(committee), "a floor rests on a quorum", {
    answers: answers.size,
  });
  const ascending = [...answers.values()].map(({ sequence }) => sequence).sort((a, b) => a - b);
  return ascending[quorumOf(committee) - 1] as Sequence;
}

/** How often newly connected replicas are looked for. */
const ASK_AGAIN_MS = 20;
/** How often those are asked again who answered without a signature. */
const ASK_SILENT_AGAIN_MS = 100;

function repeat(sweep: Sweep, run: () => void): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const round = (): void => {
    if (stopped) return;
    run();
    cancel = sweep.after(ASK_AGAIN_MS, round);
  };
  round();
  return () => {
    stopped = true;
    cancel();
  };
}
