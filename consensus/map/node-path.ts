import { MAP_KEY_SIZE } from "../limits.ts";
import { bitOf } from "./node-hash.ts";

/**
 * Where a node stands below a root: after `depth` branches, at each of which the way is the key's
 * bit that the branch names. Two bytes of depth and a key in which only those bits matter. So the
 * source of a transfer finds a node in as many steps, and keeps no index of hashes.
 */
export const NODE_PATH_SIZE: number = 2 + MAP_KEY_SIZE;

export const ROOT_PATH: Uint8Array = new Uint8Array(NODE_PATH_SIZE);

export function childPath(path: Uint8Array, bit: number, side: 0 | 1): Uint8Array {
  const child = path.slice();
  const depth = depthOf(path) + 1;
  child[0] = depth >> 8;
  child[1] = depth & 255;
  if (side === 1) child[2 + (bit >> 3)]! |= 0x80 >> (bit & 7);
  return child;
}

export function depthOf(path: Uint8Array): number {
  return path[0]! * 256 + path[1]!;
}

export function sideAt(path: Uint8Array, bit: number): number {
  return bitOf(path, bit + 16);
}
