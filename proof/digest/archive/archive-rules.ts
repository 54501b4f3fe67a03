/**
 * What a tool's archive must hold, and which of its members no two builders agree on. Such a member
 * is replaced by what does not depend on the builder, so that nothing nobody votes for is left.
 */
export interface ArchiveRules {
  readonly id: string;
  /** Paths that must be there. */
  readonly required: readonly string[];
  /** By path. */
  readonly replaced: ReadonlyMap<string, Replacement>;
}

export interface Replacement {
  /** Content beyond this is dropped before `replace` sees it. */
  readonly bytesMax: number;
  /** What stands in its place; of what already stands there, itself. @throws Malformed */
  replace(content: Uint8Array): Uint8Array;
}
