import { readdirSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Epoch } from "../../base/types.ts";
import { Epochs } from "../../consensus/epochs/epochs.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { askChain } from "../../node/epochs/ask-chain.ts";
import { readChainFile } from "../../node/epochs/chain-file.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import type { ClusterFolder } from "../cluster-folder.ts";

/** The configurations that the replicas whose folders are here have followed, each link verified. */
export function localEpochs(folder: ClusterFolder, genesis: Genesis): Epochs {
  const epochs = new Epochs(nodeCrypto, genesisCommittee(genesis));
  for (const name of nodeNames(folder)) {
    epochs.follow(readChainFile(folderLayout(join(folder.root, name)).chainFile), 0 as Epoch);
  }
  return epochs;
}

/** As {@link localEpochs}, and on from there to the newest that some replica tells. */
export async function knownEpochs(folder: ClusterFolder, genesis: Genesis): Promise<Epochs> {
  const epochs = localEpochs(folder, genesis);
  const agents = new ReplicaAgents({ keyOf: (address) => epochs.keyAt(address) });
  for (let gained = true; gained;) {
    const { epoch } = epochs.newest;
    const asked = epochs.addresses.map((address) => askChain(address, epoch, agents));
    const answers = await Promise.all(asked);
    for (const links of answers) if (links !== undefined) epochs.follow(links, epoch);
    gained = epochs.newest.epoch > epoch;
  }
  return epochs;
}

/** `node-0`, `node-1`, … as they lie in the folder, whole or not, in the order of their numbers. */
export function nodeNames(folder: ClusterFolder): readonly string[] {
  const numbers = readdirSync(folder.root).flatMap((name) => {
    const number = /^node-(0|[1-9]\d{0,5})$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.sort((left, right) => left - right).map((number) => `node-${number}`);
}
