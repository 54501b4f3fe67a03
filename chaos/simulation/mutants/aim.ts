import type { Fault, Plan } from "../faults/plan.ts";

/** Whether a plan has in it what a bug needs to show itself. */
export type Aim = (plan: Plan) => boolean;

/** Somebody lies in one of these ways. */
export function liesBy(...names: readonly string[]): Aim {
  return ({ liars }) =>
    liars.some(({ strategies }) => strategies.some((name) => names.includes(name)));
}

/** The first primary does. */
export function primaryLiesBy(...names: readonly string[]): Aim {
  return ({ liars }) =>
    liars.some(
      ({ index, strategies }) => index === 0 && strategies.some((name) => names.includes(name)),
    );
}

export function hurtBy(...types: readonly Fault["type"][]): Aim {
  return ({ faults }) => faults.some(({ type }) => types.includes(type));
}

export function struck(what: Extract<Fault, { readonly type: "strike" }>["what"]): Aim {
  return ({ faults }) => faults.some((fault) => fault.type === "strike" && fault.what === what);
}

/** Somebody is away, or far off, for so long that the others have dropped what it lacks. */
export const lagging: Aim = ({ faults, checkpointInterval }) =>
  checkpointInterval <= 16 && faults.some((fault) => isLong(fault));

/** And what it asks for is dropped before it has all of it. */
export const lagsFarBehind: Aim = ({ faults, checkpointInterval }) =>
  checkpointInterval <= 8 && faults.some((fault) => isLong(fault));

function isLong(fault: Fault): boolean {
  if (fault.type === "partition") return fault.forMs >= 6000;
  return fault.type === "slow-links" && fault.forMs >= 4000 && fault.delayMs >= 400;
}

export function clientsLieBy(...names: readonly string[]): Aim {
  return ({ byzantineClients }) => byzantineClients.some((name) => names.includes(name));
}

export function both(left: Aim, right: Aim): Aim {
  return (plan) => left(plan) && right(plan);
}
