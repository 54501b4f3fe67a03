import { invariant } from "../../base/assert.ts";
import { POLICY_BITS, POLICY_START } from "../map/policy-subtree.ts";
import { SPACE, spaceStart } from "../map/state-keys.ts";
import type { AuthenticatedMap, MapVersion } from "../map/trie.ts";
import { hasPrefix } from "../map/whole-subtree.ts";
import type { MapProof } from "../wire/receipt.ts";

/** Every row of policy, writers before namespaces, under one proof. */
export interface WholePolicy {
  /** Encoded WriterRow and NamespaceRow, in the order of their map keys. */
  readonly rows: readonly Uint8Array[];
  /** Of the first row's key; of the smallest possible one if there is none. */
  readonly proof: MapProof;
}

/** Keys asked of the map at a time. */
const KEYS_AT_ONCE = 1024;

export function policyOf(
  map: AuthenticatedMap,
  version: MapVersion,
  rowAt: (key: Uint8Array) => Uint8Array | undefined,
): WholePolicy {
  const keys: Uint8Array[] = [];
  for (let after = spaceStart(SPACE.writer); ;) {
    const next = map.keysAfterAt(version, after, KEYS_AT_ONCE);
    const within = next.filter((key) => hasPrefix(key, POLICY_START, POLICY_BITS));
    keys.push(...within);
    if (within.length < KEYS_AT_ONCE) break;
    after = within.at(-1)!;
  }
  const rows = keys.map((key) => {
    const row = rowAt(key);
    invariant(row !== undefined, "every key of a retained version has its row");
    return row;
  });
  return { rows, proof: map.prove(version, keys[0] ?? POLICY_START) };
}

/** Keys of a space in the working version, in order. */
export function* keysOf(map: AuthenticatedMap, space: number): Iterable<Uint8Array> {
  for (let after = spaceStart(space); ;) {
    const keys = map.keysAfter(after, KEYS_AT_ONCE).filter((key) => key[0] === space);
    yield* keys;
    if (keys.length < KEYS_AT_ONCE) return;
    after = keys.at(-1)!;
  }
}
