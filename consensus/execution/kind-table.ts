export type Mutability = "immutable" | "versioned";

/** Whether a class of artifacts has versions; undefined: no such class. Equal on all replicas. */
export type KindTable = (kind: string) => Mutability | undefined;
