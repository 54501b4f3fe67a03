/**
 * A value whose signatures and form were checked. Only `consensus/verifier.ts` makes one (the tidy
 * test holds that), and the state machine takes nothing else from the network.
 */
declare const verified: unique symbol;

export type Verified<T> = T & { readonly [verified]: true };
