/** One round: who hears whom, whose patience ends, and how long it lasts. */
export interface Round {
  /** The block of each instance; frames from one block to another do not arrive. */
  readonly blocks: readonly number[];
  /** Bit b: at the beginning of the round every timer of block b has run out. */
  readonly patience: number;
  /** Message delays that the round lasts: a cut can come in the middle of a phase. */
  readonly delays: number;
}

/**
 * A scenario in the sense of Bano et al., "Twins: BFT Systems Made Robust" (OPODIS 2021): correct
 * code only, but some members run twice under one key, and the network divides the instances anew
 * in every round. Instances are the members in their order, then the twins in theirs.
 *
 * PBFT's primary is the view's, so the choice of primaries is a choice of which member has a twin
 * and of whose timers run out when.
 */
export interface Scenario {
  readonly memberCount: number;
  readonly faultyMax: number;
  /** Members that run twice, ascending: f of them. */
  readonly twins: readonly number[];
  /** What crossed a cut arrives when the two hear each other again; false: never. */
  readonly late: boolean;
  readonly rounds: readonly Round[];
}

export function instanceCountOf({ memberCount, twins }: Scenario): number {
  return memberCount + twins.length;
}

/** In one line: `4 twins 1 late | 00110 !1 x2 | 00000 !0 x4`. */
export function describeScenario({ memberCount, twins, late, rounds }: Scenario): string {
  const head = `${memberCount} members, twins of ${twins.join(" ")}${late ? ", late frames" : ""}`;
  const each = rounds.map(
    ({ blocks, patience, delays }) => `${blocks.join("")} !${patience} x${delays}`,
  );
  return [head, ...each].join(" | ");
}
