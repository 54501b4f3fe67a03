import { equalBytes } from "../../base/bytes.ts";
import { explain } from "./causes.ts";
import type { Cause } from "./causes.ts";
import { partsOf } from "./parts.ts";
import type { Part } from "./parts.ts";
import { differingRegions, latin1 } from "./regions.ts";

/** One difference between two artifacts that should be the same. */
export interface Finding {
  readonly cause: Cause;
  /** Which part of the artifact: a member, a section. */
  readonly where: string;
  /** In the part, of the left one. */
  readonly offset: number;
  readonly left: string;
  readonly right: string;
}

export interface Difference {
  /** Undefined: packed in a way that cannot be opened, so nothing can be said. */
  readonly cause: Cause | undefined;
  /** At most FINDING_COUNT_MAX, those of the likely cause first. */
  readonly findings: readonly Finding[];
}

export const FINDING_COUNT_MAX = 16;

/** A part that differs, with everything that was found in it. */
interface Judged {
  readonly part: Part;
  readonly findings: readonly Finding[];
  readonly hasMoved: boolean;
}

/** What cannot be explained outweighs what can; else the cause that was found most often. */
const GRAVITY: readonly Cause[] = ["poisoning"];

/**
 * Why two artifacts made under one key differ, by their bytes. It names the likely cause and shows
 * where; it proves none: who poisons may make it look like a time. `left` is what was certified.
 */
export function differenceOf(kind: string, left: Uint8Array, right: Uint8Array): Difference {
  const parts = [partsOf(kind, left), partsOf(kind, right)] as const;
  if (parts[0] === undefined || parts[1] === undefined) return { cause: undefined, findings: [] };
  const judged = judge(parts[0], parts[1]);
  // Something that is explained became longer, so what counts its bytes differs, too.
  const hasMoved = judged.some((one) => one.hasMoved);
  const isExcused = ({ part }: Judged, finding: Finding): boolean =>
    finding.cause === "poisoning" && part.follows && hasMoved;
  const findings = judged.flatMap((one) =>
    one.findings.filter((finding) => !isExcused(one, finding)),
  );
  const cause = likelyCause(findings);
  const sorted = [
    ...findings.filter((finding) => finding.cause === cause),
    ...findings.filter((finding) => finding.cause !== cause),
  ];
  return { cause, findings: sorted.slice(0, FINDING_COUNT_MAX) };
}

function likelyCause(findings: readonly Finding[]): Cause | undefined {
  const counts = new Map<Cause, number>();
  for (const { cause } of findings) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  for (const cause of GRAVITY) if (counts.has(cause)) return cause;
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
}

function judge(left: readonly Part[], right: readonly Part[]): Judged[] {
  const rest = new Map(right.map((part) => [part.name, part]));
  const judged: Judged[] = [];
  for (const part of left) {
    const other = rest.get(part.name);
    rest.delete(part.name);
    if (other === undefined) judged.push(lone(part, "only in what was certified", "absent"));
    else if (!equalBytes(part.bytes, other.bytes)) judged.push(judgePart(part, other.bytes));
  }
  for (const part of rest.values()) judged.push(lone(part, "absent", "only in what was rebuilt"));
  return judged;
}

function lone(part: Part, left: string, right: string): Judged {
  const finding: Finding = { cause: "poisoning", where: part.name, offset: 0, left, right };
  return { part, findings: [finding], hasMoved: false };
}

function judgePart(part: Part, other: Uint8Array): Judged {
  const where = part.name;
  if (isReordered(part.bytes, other)) {
    const told = { left: "the same pieces", right: "in another order" };
    return { part, findings: [{ cause: "order", where, offset: 0, ...told }], hasMoved: false };
  }
  const findings = differingRegions(part.bytes, other).map((region): Finding => {
    const { cause, left, right } = explain(part.bytes, other, region);
    return { cause, where, offset: region.left[0], left, right };
  });
  const isExplained = findings.every(({ cause }) => cause !== "poisoning");
  return { part, findings, hasMoved: isExplained && part.bytes.length !== other.length };
}

/** The same lines, or strings that end in zero, or words, in another order. */
function isReordered(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  const texts = [latin1(left), latin1(right)] as const;
  return [/\n/, /\0/, /[\s,;]+/].some((between) => {
    const [one, other] = texts.map((text) => text.split(between).sort()) as [string[], string[]];
    return (
      one.length > 2 && one.length === other.length && one.every((piece, at) => piece === other[at])
    );
  });
}
