/** The state does not allow this operation with this result. */
export const IMPOSSIBLE: unique symbol = Symbol("impossible");
