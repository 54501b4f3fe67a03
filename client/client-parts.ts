import type { Committee } from "../consensus/committee.ts";
import type { Epochs } from "../consensus/epochs/epochs.ts";
import type { Fleet } from "./link/fleet.ts";
import type { KnownRoots } from "./link/known-roots.ts";
import type { ReaderClock } from "./link/reader-clock.ts";
import type { RootFollower } from "./link/root-follower.ts";
import type { Sweep } from "./link/sweep.ts";
import type { Platform } from "./platform/platform.ts";
import type { Floor } from "./read/floor.ts";

/** What reading, writing and following the revocation log share: one of each for a client. */
export interface ClientParts {
  /** The configuration in force: asked anew at each use. */
  readonly committee: Committee;
  readonly epochs: Epochs;
  readonly platform: Platform;
  readonly fleet: Fleet;
  readonly sweep: Sweep;
  readonly roots: KnownRoots;
  readonly follower: RootFollower;
  readonly clock: ReaderClock;
  readonly floor: Floor;
}
