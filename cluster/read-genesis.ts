import { readFileSync } from "node:fs";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { QuorateError } from "../base/quorate-error.ts";
import { parseGenesis } from "../consensus/genesis-file.ts";
import type { Genesis } from "../consensus/genesis.ts";
import { isClusterFolder } from "./cluster-folder.ts";
import type { ClusterFolder } from "./cluster-folder.ts";

export interface GenesisFile {
  readonly genesis: Genesis;
  readonly text: string;
}

/** @throws QuorateError NOT_A_CLUSTER_FOLDER, CLUSTER_FILE_UNREADABLE, GENESIS_INVALID */
export function readClusterFolder(folder: ClusterFolder): GenesisFile {
  if (!isClusterFolder(folder)) {
    throw new QuorateError(
      "NOT_A_CLUSTER_FOLDER",
      `${folder.root} holds no cluster.json`,
      "name the cluster's folder with --dir, or make one with quorate init",
    );
  }
  return readGenesisFile(folder.clusterFile);
}

/** @throws QuorateError CLUSTER_FILE_UNREADABLE, GENESIS_INVALID */
export function readGenesisFile(path: string): GenesisFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new QuorateError(
      "CLUSTER_FILE_UNREADABLE",
      `${path} could not be read (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`,
      "name the cluster's public file, cluster.json",
      { cause },
    );
  }
  return { genesis: parseGenesis(nodeCrypto.hash, text), text };
}
