import { bazelDoor } from "./bazel-door.ts";
import { davDoor } from "./dav-door.ts";
import type { Door } from "./door.ts";
import { nxDoor } from "./nx-door.ts";
import { plainDoor } from "./plain-door.ts";
import { turboDoor } from "./turbo-door.ts";

/** Every door of the gateway's one port, those first whose paths are most asked for. */
export function allDoors(): readonly Door[] {
  return [plainDoor(), turboDoor(), nxDoor(), bazelDoor(), davDoor()];
}
