import type { Sequence } from "../base/types.ts";
import type { Genesis } from "./genesis.ts";
import type { HashFunction } from "./map/node-hash.ts";
import { metaStateKey, namespaceStateKey, writerStateKey } from "./map/state-keys.ts";
import {
  DEFAULT_NAMESPACE,
  metaRowCodec,
  namespaceRowCodec,
  NEVER_ROTATED,
  writerRowCodec,
} from "./wire/rows.ts";

/** The rows of sequence 0: the policy, and when it began. */
export function genesisRows(
  hash: HashFunction,
  genesis: Genesis,
): { readonly key: Uint8Array; readonly row: Uint8Array }[] {
  const writers = genesis.writers.map(({ publicKey, operator, namespaces, administrator }) => ({
    key: writerStateKey(publicKey),
    row: writerRowCodec.encode({
      ...{ writer: publicKey, operator, namespaces, administrator, ...NEVER_ROTATED },
    }),
  }));
  const namespaces = genesis.namespaces.map((each) => ({
    key: namespaceStateKey(hash, each.namespace),
    row: namespaceRowCodec.encode({ ...DEFAULT_NAMESPACE, ...each }),
  }));
  const sequence = 0 as Sequence;
  const meta = { sequence, agreedTime: genesis.time, entryCount: 0, historyLow: sequence };
  return [...writers, ...namespaces, { key: metaStateKey(), row: metaRowCodec.encode(meta) }];
}
