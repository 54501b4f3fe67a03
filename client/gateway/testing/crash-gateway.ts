import type { PublicKey, Signature } from "../../../base/types.ts";
import { startGateway } from "../start-gateway.ts";
import { ScriptedCluster } from "./scripted-cluster.ts";

/** A gateway in a process of its own, in front of a cluster that never answers a write: to be killed. */
const cluster = new ScriptedCluster();
cluster.writes = "hang";
const gateway = await startGateway(
  {
    folder: process.argv[2],
    signer: {
      publicKey: new Uint8Array(32) as PublicKey,
      sign: () => new Uint8Array(64) as Signature,
    },
  },
  () => Promise.resolve(cluster.client()),
);
process.stdout.write(`${gateway.port}\n`);
