import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Member } from "../../consensus/committee.ts";
import { createReplicaFolder, createReplicaKey } from "../../node/create-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { nodeNames } from "./known-epochs.ts";

export interface Newcomer {
  /** `node-4`. */
  readonly name: string;
  readonly folder: string;
  readonly key: SigningKey;
  readonly member: Member;
}

/**
 * A folder for one who was not there at genesis: a key of its own, an empty store, and promises
 * that begin here. Its process waits until a configuration names its key.
 *
 * @throws QuorateError KEY_FILE_EXISTS, KEY_FILE_UNWRITABLE, NODE_FOLDER_EXISTS
 */
export function createNewcomer(folder: ClusterFolder, address: string): Newcomer {
  const last = nodeNames(folder).at(-1);
  const number = last === undefined ? 0 : Number(last.slice("node-".length)) + 1;
  const name = `node-${number}`;
  const path = join(folder.root, name);
  const key = createReplicaKey(path);
  const cluster = readFileSync(folder.clusterFile, "utf8");
  createReplicaFolder(path, { cluster, listen: address });
  return { name, folder: path, key, member: { publicKey: key.publicKey, address } };
}
