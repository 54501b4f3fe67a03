/**
 * A broken invariant is our own fault: the process stops with all the numbers in hand, because
 * going on from a state that cannot be would sign something that cannot be taken back.
 */
export class InvariantError extends Error {
  readonly code = "INVARIANT";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(what: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`broken invariant: ${what} ${describe(details)}`);
    this.name = "InvariantError";
    this.details = details;
  }
}

/** Throws {@link InvariantError} unless `condition` holds. Stays on in production. */
export function invariant(
  condition: unknown,
  what: string,
  details?: Readonly<Record<string, unknown>>,
): asserts condition {
  if (!condition) throw new InvariantError(what, details);
}

/** The impossible last case of an exhaustive `switch`. */
export function assertUnreachable(value: never): never {
  throw new InvariantError("unreachable case", { value });
}

function describe(details: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(details, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
