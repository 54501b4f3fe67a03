import type { Fault, Plan } from "../faults/plan.ts";

/**
 * A run as a file: JSON lines, a head and then the faults in the order in which they happen. It is
 * all that a run depends on but the code, so replaying it ends in the same event hash.
 */
interface Head {
  readonly tape: 1;
  readonly plan: Omit<Plan, "faults">;
  /** What was found, and the hash of the run that found it. */
  readonly violation?: { readonly checker: string; readonly what: string };
  readonly hash?: string;
}

export interface Tape {
  readonly plan: Plan;
  readonly violation: Head["violation"];
  readonly hash: string | undefined;
}

export function writeTape(tape: Tape): string {
  const { faults, ...plan } = tape.plan;
  const head: Head = {
    tape: 1,
    plan,
    ...(tape.violation === undefined ? {} : { violation: tape.violation }),
    ...(tape.hash === undefined ? {} : { hash: tape.hash }),
  };
  return [head, ...faults].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Undefined: this is no tape. */
export function readTape(text: string): Tape | undefined {
  try {
    const [first = "", ...rest] = text.split("\n").filter((line) => line !== "");
    const head = JSON.parse(first) as Partial<Head> | null;
    if (head?.tape !== 1 || head.plan === undefined) return undefined;
    const faults = rest.map((line) => JSON.parse(line) as Fault);
    return { plan: { ...head.plan, faults }, violation: head.violation, hash: head.hash };
  } catch {
    return undefined;
  }
}
