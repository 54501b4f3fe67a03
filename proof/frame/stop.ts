import type { BudgetLimit, CheckResult, Refused } from "./check-result.ts";

/**
 * How a refusal leaves the inside of a checker: thrown from any depth, caught by {@link judged} at
 * the door of the kind, and seen by nobody else.
 */
class Stop extends Error {
  readonly refused: Refused;

  constructor(refused: Refused) {
    super(`${refused.status} ${refused.reason} at ${refused.offset}`);
    this.name = "Stop";
    this.refused = refused;
  }
}

export function reject(reason: string, offset: number, detail?: string): never {
  throw new Stop({ status: "reject", reason, offset, ...(detail !== undefined && { detail }) });
}

export function decline(reason: string, offset: number, detail?: string): never {
  throw new Stop({ status: "decline", reason, offset, ...(detail !== undefined && { detail }) });
}

export function exhaust(reason: BudgetLimit, offset: number, detail?: string): never {
  throw new Stop({ status: "resource", reason, offset, ...(detail !== undefined && { detail }) });
}

/** Runs a checker's inside; what it refused becomes the result, a fault of ours goes on up. */
export function judged<Accepted>(run: () => Accepted): CheckResult<Accepted> {
  try {
    return { status: "accept", value: run() };
  } catch (error) {
    if (error instanceof Stop) return error.refused;
    throw error;
  }
}
