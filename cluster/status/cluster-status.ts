import { toHex } from "../../base/bytes.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { ReplicaStatus } from "../../node/status.ts";
import { askReplica, isAnswer } from "./ask-replica.ts";
import type { ReplicaAnswer } from "./ask-replica.ts";

/** One line of `quorate status`. What a dead replica would have said is null. */
export interface ReplicaLine {
  /** Its index in the configuration. */
  readonly id: number;
  readonly alive: boolean;
  readonly pid: number | null;
  /** Executed. */
  readonly sequence: number | null;
  /** Of that sequence, hex. */
  readonly stateRoot: string | null;
  /** Decimal: 48 bits of milliseconds since 1970, 16 of counter. */
  readonly hlc: string | null;
  readonly publicKey: string;
  readonly address: string;
  readonly view: number | null;
  readonly ready: boolean;
  /** It lost its promises and signs nothing. */
  readonly amnesiac: boolean;
  /** It latched on more than f liars. */
  readonly halted: boolean;
  /** It fetches the state from the others. */
  readonly transferring: boolean;
  readonly entries: number | null;
  /** Indexes of those against whom it holds evidence: GET /evidence at its address. */
  readonly accused: readonly number[];
  /** Indexes of those whom its executed state has in quarantine. */
  readonly quarantined: readonly number[];
  /** Why it is dead or not ready. */
  readonly reasons: readonly string[];
}

export interface ClusterStatus {
  /** Hex. */
  readonly cluster: string;
  readonly name: string;
  /** Of the newest configuration that is known. */
  readonly epoch: number;
  readonly n: number;
  readonly f: number;
  /** The highest view that f+1 or more of the answers reach, so that a liar cannot invent one. */
  readonly view: number | null;
  /** Index of that view's primary. */
  readonly primary: number | null;
  readonly replicas: readonly ReplicaLine[];
}

/** Asks all members at once; those that do not answer in time count as dead. */
export async function clusterStatus(
  genesis: Genesis,
  committee: Committee,
  answerMsMax: number,
): Promise<ClusterStatus> {
  const { members, faultyMax, epoch } = committee;
  const answers = await Promise.all(
    members.map((member) => askReplica(committee, member, answerMsMax)),
  );
  const statuses = answers.filter(isAnswer);
  const view = agreedView(statuses, faultyMax);
  return {
    cluster: toHex(genesis.clusterId),
    name: genesis.name,
    epoch,
    n: members.length,
    f: faultyMax,
    view,
    primary: view === null ? null : view % members.length,
    replicas: answers.map((answer, index) => lineOf(committee, answer, index)),
  };
}

function agreedView(statuses: readonly ReplicaStatus[], faultyMax: number): number | null {
  const views = statuses.map(({ view }) => view).sort((left, right) => right - left);
  return views[Math.min(faultyMax, views.length - 1)] ?? null;
}

function lineOf(committee: Committee, answer: ReplicaAnswer, index: number): ReplicaLine {
  const member = committee.members[index];
  const place = {
    id: index,
    publicKey: member ? toHex(member.publicKey) : "",
    address: member?.address ?? "",
  };
  if (!isAnswer(answer)) {
    return {
      ...place,
      ...DEAD,
      reasons: [answer.why],
    };
  }
  const { pid, sequence, stateRoot, hlc, view, ready, amnesiac, halted } = answer;
  const { transferring, entries, notReady, accused, quarantined } = answer;
  return {
    ...place,
    alive: true,
    ...{ pid, sequence, stateRoot, hlc, view, ready, amnesiac, halted, transferring, entries },
    accused,
    quarantined,
    reasons: notReady,
  };
}

const DEAD = {
  alive: false,
  pid: null,
  sequence: null,
  stateRoot: null,
  hlc: null,
  view: null,
  ready: false,
  amnesiac: false,
  halted: false,
  transferring: false,
  entries: null,
  accused: [] as readonly number[],
  quarantined: [] as readonly number[],
} as const;
