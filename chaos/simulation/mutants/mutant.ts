import type { Profile } from "../faults/draw-profile.ts";
import type { Aim } from "./aim.ts";

/** A bug that is planted on purpose, to see that the simulator finds it. */
export interface Mutant {
  /** Short, in words joined by hyphens. */
  readonly name: string;
  readonly kind: MutantKind;
  /** The source file, from the root. */
  readonly file: string;
  /** On one line and without types, so that it stands in the source and in what is built of it. */
  readonly find: string;
  readonly replace: string;
  /** Seeds whose plans lack this cannot show it: they are counted, and need not be run. */
  readonly aim?: Aim;
  /** Where its seeds are drawn; absent: the usual. */
  readonly profile?: Profile;
}

export type MutantKind =
  | "agreement"
  | "view change"
  | "checkpoint and transfer"
  | "durability"
  | "time"
  | "client and receipt";
