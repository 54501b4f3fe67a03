import { nodeCrypto } from "../base/host/node-crypto.ts";
import { parseGenesis } from "../consensus/genesis-file.ts";
import { DEADLINE_MS, FRESHNESS_MS_MAX } from "./limits.ts";
import { nodePlatform } from "./platform/node-platform.ts";
import { QuorateClient } from "./quorate-client.ts";
import type { Client, ConnectOptions } from "./types.ts";

export type * from "./types.ts";
export type { FollowedTo, RevocationFollower, Revoked } from "./revocation/revocation-follower.ts";

/**
 * Connects to a cluster by its one public file, and resolves once a quorum of its replicas has
 * signed a fresh nonce of ours. Connections that break are made again until `close`.
 *
 * @throws QuorateError GENESIS_INVALID, CLUSTER_UNREACHABLE, ABORTED
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const text =
    typeof options.genesis === "string" ? options.genesis : JSON.stringify(options.genesis);
  const client = new QuorateClient(
    {
      genesis: parseGenesis(nodeCrypto.hash, text),
      signer: options.signer,
      freshnessMsMax: options.freshnessMsMax ?? FRESHNESS_MS_MAX,
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    },
    nodePlatform({ folder: options.folder }),
  );
  try {
    await client.open({ lazy: options.lazy ?? false, signal: options.signal });
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}
