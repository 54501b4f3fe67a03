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
  checkpointInterval <= 16 &&
  faults.some(
    (fault) =>
      (fault.type === "partition" && fault.forMs >= 6000) ||
      (fault.type === "slow-links" && fault.forMs >= 4000 && fault.delayMs >= 400),
  );

/** Its answers come late, too. */
export const lagsFarOff: Aim = ({ faults, checkpointInterval }) =>
  checkpointInterval <= 32 &&
  faults.some(
    (fault) => fault.type === "slow-links" && fault.forMs >= 4000 && fault.delayMs >= 400,
  );

export function clientsLieBy(...names: readonly string[]): Aim {
  return ({ byzantineClients }) => byzantineClients.some((name) => names.includes(name));
}

export function both(left: Aim, right: Aim): Aim {
  return (plan) => left(plan) && right(plan);
}
