import { toHex } from "../../base/bytes.ts";
import type { NearMiss } from "../../client/resolve/explain-miss.ts";
import type { ProofTrust } from "./proof-trust.ts";
import type {
  Proved,
  PublishReport,
  Resolution,
  StepReport,
} from "../../client/resolve/resolution.ts";

/** What is told of a resolution, to programs: grade, confidence and provenance included. */
export function resolutionJson(
  resolution: Resolution,
  published: readonly PublishReport[],
): Readonly<Record<string, unknown>> {
  const { status, key, steps } = resolution;
  const about = { status, key: toHex(key), steps };
  if (resolution.status !== "proved") return { ...about, ...UNPROVED };
  const { proof, tier, from } = resolution;
  return {
    ...about,
    verdict: proof.verdict,
    ...{ tier, from, ...trustOf(resolution), published },
    proofBytes: proof.proof.length,
    axioms: proof.axioms.length,
  };
}

/** Nobody has a proof of it, and nothing certifies it. */
const UNPROVED: ProofTrust = { grade: "none", confidence: 0, provenance: "nobody proved it" };

export function trustOf({ grade, confidence, tier, from }: Proved): ProofTrust {
  return { grade, confidence, provenance: `${tier}: ${from}` };
}

/** The same for people. */
export function resolutionLines(
  resolution: Resolution,
  published: readonly PublishReport[],
  explain: boolean,
): readonly string[] {
  const steps = explain ? resolution.steps.flatMap(stepLines) : [];
  if (resolution.status === "deferred") {
    return [...steps, `deferred: open, to be checked at each use  ${toHex(resolution.key)}`];
  }
  if (resolution.status === "unresolved") return [...steps, `unresolved  ${toHex(resolution.key)}`];
  const { proof, tier, from, key } = resolution;
  const { grade, confidence } = resolution;
  const verdict = proof.verdict === undefined ? "proved" : `${proof.verdict}isfiable`;
  return [
    ...steps,
    `${proof.verdict === "unsat" ? "unsatisfiable" : verdict}  ${grade} ${confidence.toFixed(2)}`,
    `  from ${tier}: ${from}`,
    `  key ${toHex(key)}, proof of ${proof.proof.length} bytes`,
    ...published.map(({ to, outcome, reason }) => `  ${to}: ${reason ?? outcome}`),
  ];
}

/** One tier's answer and time, with what was refused. */
export function stepLines({
  tier,
  status,
  reason,
  ms,
  refused,
  notes,
}: StepReport): readonly string[] {
  return [
    `${tier.padEnd(8)} ${status.padEnd(8)} ${ms.toFixed(1).padStart(9)} ms  ${reason}`,
    ...notes.map((note) => `         ${note}`),
    ...refused.map(
      ({ from, refused: { status: verdict, reason: why, offset } }) =>
        `         refused from ${from}: ${verdict} ${why} at byte ${offset}`,
    ),
  ];
}

export function missJson(miss: NearMiss | undefined): Readonly<Record<string, unknown>> {
  if (miss === undefined) return {};
  const { shared, lines, firstDifference, nearest } = miss;
  return { miss: { known: nearest !== undefined, shared, lines, firstDifference } };
}

export function missLines(miss: NearMiss | undefined): readonly string[] {
  if (miss === undefined) return [];
  if (miss.nearest === undefined) return ["nothing of this kind is known on this machine"];
  const { shared, lines, firstDifference } = miss;
  if (firstDifference === undefined) return ["this very obligation is known on this machine"];
  const { line, asked, known } = firstDifference;
  return [
    `the nearest known obligation shares ${shared} of ${lines} lines; first difference in line ${line}:`,
    `  asked  ${asked ?? "(ends)"}`,
    `  known  ${known ?? "(ends)"}`,
  ];
}
