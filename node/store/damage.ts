/**
 * Something on our own disk does not match its hash. It is never handed out; whoever listens
 * fetches it from peers and counts it.
 */
export type Damage =
  | { readonly what: "row"; readonly key: Uint8Array }
  | { readonly what: "value"; readonly digest: Uint8Array }
  | { readonly what: "segment"; readonly name: string; readonly offset: number }
  /** The file that names the layout says nothing; written anew. */
  | { readonly what: "format"; readonly found: string }
  /** The whole LMDB environment; it was moved aside and begun anew. */
  | { readonly what: "environment"; readonly movedTo: string; readonly why: string };

export type OnDamage = (damage: Damage) => void;
