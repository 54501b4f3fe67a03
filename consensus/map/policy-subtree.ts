import { MAP_KEY_SIZE } from "../limits.ts";
import { SPACE } from "./state-keys.ts";

/**
 * Writers and namespaces are the only spaces whose numbers begin with these seven bits, so that
 * all of policy hangs below one node of the map and is proven whole by the path to it.
 */
export const POLICY_BITS = 7;

/** The smallest key that could be one of policy. */
export const POLICY_START: Uint8Array = Uint8Array.of(
  SPACE.writer,
  ...new Uint8Array(MAP_KEY_SIZE - 1),
);
