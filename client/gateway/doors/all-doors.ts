import { bazelDoor } from "./bazel-door.ts";
import { davDoor } from "./dav-door.ts";
import type { Door } from "./door.ts";
import { nixDoor } from "./nix-door.ts";
import type { NixKey } from "./nix-door.ts";
import { nxDoor } from "./nx-door.ts";
import { plainDoor } from "./plain-door.ts";
import { turboDoor } from "./turbo-door.ts";

export interface DoorOptions {
  /** With which what this gateway has verified is signed for Nix. Undefined: not served. */
  readonly nixKey: NixKey | undefined;
}

/** Every door of the gateway's one port, those first whose paths are most asked for. */
export function allDoors(options: DoorOptions): readonly Door[] {
  const nix = nixDoor(options.nixKey);
  return [plainDoor(), turboDoor(), nxDoor(), bazelDoor(), nix, davDoor()];
}
