/** proved: versioned, and confirmed by the acceptance of Q checkers alone, whoever wrote it. */
export type Mutability = "immutable" | "versioned" | "proved";

/** Whether a class of artifacts has versions; undefined: no such class. Equal on all replicas. */
export type KindTable = (kind: string) => Mutability | undefined;
