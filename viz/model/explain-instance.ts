import type { Configuration } from "./configurations.ts";
import { hasMember, membersOf, NOBODY } from "./instances.ts";
import type { Instance, MemberSet } from "./instances.ts";
import { NONE } from "./event-table.ts";
import type { Recording } from "./recording.ts";

export type Stage = "nothing" | "proposed" | "prepared" | "committed" | "certified";

export interface Explanation {
  readonly stage: Stage;
  readonly quorum: number;
  /** Members whose signature the next stage still lacks; any `needed` of them would do. */
  readonly missing: readonly string[];
  readonly needed: number;
  /** One sentence for each thing that matters, the most important first. */
  readonly sentences: readonly string[];
}

/** Why an instance stands where it stands: who has signed, and whose signatures are missing. */
export function explainInstance(recording: Recording, instance: Instance): Explanation {
  const configuration = recording.configurations.of(instance.slot);
  const { quorum, members } = configuration;
  const stage = stageOf(instance);
  const [set, what] = nextStage(instance, stage);
  const missing = namesWithout(recording, configuration, set);
  const have = membersOf(set, members).length;
  const needed = stage === "certified" ? 0 : Math.max(0, quorum - have);
  const sentences = [
    headline(instance, stage, configuration),
    ...(stage === "certified" ? [] : [`${have} of the ${quorum} ${what} that it needs are seen.`]),
    ...(needed > 0 ? [`Missing: any ${needed} of ${missing.join(", ")}.`] : []),
    ...(stage === "certified" || needed > 0 ? [] : [arrivalGap(what)]),
    ...(needed > 0 ? whyMissing(recording, instance, set) : []),
    ...(instance.contested
      ? ["Two digests were voted for in one view: somebody said two things."]
      : []),
  ];
  return { stage, quorum, missing: needed > 0 ? missing : [], needed, sentences };
}

export function stageOf(instance: Instance): Stage {
  if (instance.certifiedRow !== NONE) return "certified";
  if (instance.committedRow !== NONE) return "committed";
  if (instance.preparedRow !== NONE) return "prepared";
  return instance.prepares === NOBODY ? "nothing" : "proposed";
}

function nextStage(instance: Instance, stage: Stage): [set: MemberSet, what: string] {
  switch (stage) {
    case "nothing":
    case "proposed":
      return [instance.prepares, "prepares"];
    case "prepared":
      return [instance.commits, "commits"];
    default:
      return [instance.signers | instance.executions, "statements"];
  }
}

function headline(instance: Instance, stage: Stage, { epoch, members }: Configuration): string {
  const name = `Sequence ${instance.slot}`;
  const inEpoch = epoch === 0 ? "" : ` of epoch ${epoch}`;
  const view = instance.view === NONE ? "" : ` in view ${instance.view}${inEpoch}`;
  switch (stage) {
    case "certified":
      return `${name} is certified by ${membersOf(instance.signers, members).length || "a quorum of"} statements.`;
    case "committed":
      return `${name} is committed${view}, and not yet certified.`;
    case "prepared":
      return `${name} is prepared${view}, and not committed.`;
    case "proposed":
      return `${name} is proposed${view}, and not prepared.`;
    default:
      return `${name} was never proposed.`;
  }
}

/** Signed, but nobody noted a certificate: what was sent did not arrive, or the recording ends. */
function arrivalGap(what: string): string {
  return `Enough ${what} were sent; nobody noted that they arrived: a cut link, or the recording's end.`;
}

function whyMissing(recording: Recording, instance: Instance, set: MemberSet): string[] {
  const { table, health } = recording;
  const { members } = recording.configurations.of(instance.slot);
  const sentences: string[] = [];
  for (const [lane, { name, member }] of table.authors.lanes.entries()) {
    if (member === undefined || !members.includes(member) || hasMember(set, member)) continue;
    const state = health.at(lane, instance.lastTime);
    if (state === "down") sentences.push(`${name} does not run.`);
    else if (state === "halted") sentences.push(`${name} has halted.`);
    else if (state === "accused") sentences.push(`${name} is accused by evidence.`);
    else if (state === "suspected") sentences.push(`${name} is suspected.`);
    else if (state === "recovering") sentences.push(`${name} has just restarted.`);
  }
  return sentences;
}

/** A member of whom there is nothing to see has no lane, and is missing all the same. */
function namesWithout(
  recording: Recording,
  { members }: Configuration,
  set: MemberSet,
): readonly string[] {
  const { lanes } = recording.table.authors;
  return members
    .filter((number) => !hasMember(set, number))
    .map((number) => lanes.find(({ member }) => member === number)?.name ?? `replica-${number}`);
}
