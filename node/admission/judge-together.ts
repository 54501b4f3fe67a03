import type { Hash } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import type { Checker } from "./checker.ts";
import { prepareSet, verdictOf } from "./judge-set.ts";
import type { Judged, Prepared, PutProofs, SetClaim, SetTools, Waits } from "./judge-set.ts";
import { streamRange } from "./stored-set.ts";

/** One put, and whose proofs may cite each other: those of one write set. */
export interface JudgedJob {
  readonly put: PutProofs;
  readonly set: object & {
    readonly accepted: ReadonlyMap<string, Hash>;
    readonly isClosed: boolean;
  };
}

interface Tools extends SetTools {
  readonly checker: Checker;
}

/** Broken: a value could not be read, or its thread ended. Says nothing about the proofs. */
export type Together = Judged | { readonly broken: unknown };

interface Step {
  readonly prepared: Prepared | { readonly broken: unknown };
  /** Earlier jobs of this run that it cites: accepted only if they are. */
  readonly leansOn: readonly number[];
}

/**
 * Judges several puts with as few orders to the thread as possible: theorems are checked in tens of
 * microseconds, and an order takes longer. One may cite an earlier one of its own write set whose
 * verdict is not known yet, and is accepted only with it. Answers in the order of the jobs.
 */
export async function judgeTogether(
  tools: Tools,
  jobs: readonly JudgedJob[],
): Promise<readonly Together[]> {
  const steps: Step[] = [];
  const inState = remembered(tools);
  for (const job of jobs) steps.push(await prepare(tools, jobs, steps, job, inState));
  const verdicts = await verdictsOf(tools, jobs, steps);
  const answers: Together[] = [];
  for (const [index, { leansOn }] of steps.entries()) {
    const missing = leansOn.find((other) => !isAccepted(answers[other]));
    answers.push(missing === undefined ? verdicts[index]! : waitingFor(jobs[missing]!));
  }
  return answers;
}

/** An older one of it may stand in the state: that is not what was leant on. */
function waitingFor({ put }: JudgedJob): Waits {
  return { waitsFor: put.key, isThere: true };
}

function isAccepted(answer: Together | undefined): boolean {
  return answer !== undefined && "code" in answer && answer.code === 0;
}

type InState = (put: PutProofs, key: Hash) => Promise<Citable | undefined>;

/** A run takes milliseconds, and its proofs cite the same few things again and again. */
function remembered({ citables }: Tools): InState {
  const known = new Map<string, Citable>();
  return async ({ kind, namespace }, key) => {
    const name = `${kind} ${namespace} ${keyText(key)}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const citable = await citables.inState(kind, namespace, key);
    if (citable !== undefined) known.set(name, citable);
    return citable;
  };
}

async function prepare(
  tools: Tools,
  jobs: readonly JudgedJob[],
  steps: readonly Step[],
  { put, set }: JudgedJob,
  inState: InState,
): Promise<Step> {
  const { citables } = tools;
  const leansOn: number[] = [];
  const cited = async (key: Hash): Promise<Citable | undefined> => {
    const text = keyText(key);
    const own = set.accepted.get(text);
    if (own !== undefined) return citables.ofValue(put.kind, key, own);
    const earlier = steps.findIndex(
      ({ prepared }, index) =>
        jobs[index]!.set === set && "claims" in prepared && keyText(jobs[index]!.put.key) === text,
    );
    if (earlier < 0) return inState(put, key);
    if (!leansOn.includes(earlier)) leansOn.push(earlier);
    return citables.ofValue(put.kind, key, jobs[earlier]!.put.valueDigest);
  };
  try {
    return { prepared: await prepareSet(tools, put, cited), leansOn };
  } catch (broken) {
    return { prepared: { broken }, leansOn };
  }
}

async function verdictsOf(
  tools: Tools,
  jobs: readonly JudgedJob[],
  steps: readonly Step[],
): Promise<readonly Together[]> {
  const claims: SetClaim[] = [];
  const starts = steps.map(({ prepared }) => {
    const start = claims.length;
    if ("claims" in prepared) claims.push(...prepared.claims);
    return start;
  });
  const small = claims.filter(isAtHand);
  let results;
  try {
    const checked = await tools.checker.checkAll(small);
    results = new Map(small.map((claim, index) => [claim, checked[index]!]));
  } catch (broken) {
    return steps.map(() => ({ broken }));
  }
  const verdicts: Together[] = [];
  for (const [index, { prepared }] of steps.entries()) {
    if (!("claims" in prepared)) {
      verdicts.push(prepared);
      continue;
    }
    const own = claims.slice(starts[index], starts[index]! + prepared.claims.length);
    verdicts.push(await verdictOfSet(tools, jobs[index]!.put, own, results));
  }
  return verdicts;
}

function isAtHand({ proof, place }: SetClaim): boolean {
  return proof !== undefined || place === undefined;
}

async function verdictOfSet(
  { blobs, checker }: Tools,
  { valueDigest }: PutProofs,
  claims: readonly SetClaim[],
  results: ReadonlyMap<SetClaim, Parameters<typeof verdictOf>[0]>,
): Promise<Together> {
  for (const one of claims) {
    let result = results.get(one);
    if (result === undefined) {
      const { start, size } = one.place!;
      try {
        const claim = { ...one.claim, proofSize: size };
        result = await checker.check(claim, streamRange(blobs, valueDigest, start, size));
      } catch (broken) {
        return { broken };
      }
    }
    const verdict = verdictOf(result);
    if (verdict.code !== 0) return verdict;
  }
  return verdictOf({ status: "accept", value: undefined });
}
