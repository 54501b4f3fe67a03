import type { Route } from "../route.ts";
import type { DeleteOutcome, PutOutcome } from "../outcome.ts";

/**
 * One tool's protocol over HTTP: which paths are its own, which entry a path names, and how each
 * outcome looks to the tool. The looks differ because the tools do: what one takes for a miss
 * fails the next one's build. A door holds no state and never sees bytes.
 */
export interface Door {
  readonly id: string;
  /** Paths that begin with it belong to this door. */
  readonly prefix: string;
  /** `path` without its query. Undefined: the path names nothing. */
  resolve(path: string): Route | undefined;
  readonly looks: Looks;
}

/** Every inner outcome as a status code. A miss has one look, whatever its reason. */
export interface Looks {
  readonly hit: number;
  readonly miss: number;
  /** The path names nothing: a read is a miss, a write is the caller's mistake. */
  readonly unnamed: number;
  readonly put: Readonly<Record<PutOutcome, number>>;
  readonly delete: Readonly<Record<DeleteOutcome, number>>;
  readonly methodUnknown: number;
}
