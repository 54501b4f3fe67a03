import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Epoch } from "../../base/types.ts";
import type { Member } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { createReplicaFolder, createReplicaKey } from "../../node/create-folder.ts";
import { writeChainFile } from "../../node/epochs/chain-file.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import type { ClusterFolder } from "../cluster-folder.ts";

export interface Newcomer {
  /** Where it will lie: `…/node-4`. */
  readonly folder: string;
  readonly key: SigningKey;
  readonly member: Member;
  /** The order may have been taken: its folder gets its name, and a running `up` starts it. */
  readonly keep: () => void;
  /** The order was refused: nobody ever was this replica. */
  readonly discard: () => void;
}

/**
 * A folder for one who was not there at genesis: a key of its own, an empty store, and promises
 * that begin here. Until its admission is ordered it has a name that no launcher looks for; its
 * process then waits until a configuration names its key.
 *
 * @throws QuorateError KEY_FILE_EXISTS, KEY_FILE_UNWRITABLE, NODE_FOLDER_EXISTS
 */
export function createNewcomer(folder: ClusterFolder, address: string, epochs: Epochs): Newcomer {
  // One that was cut off midway may have been admitted: its folder is left where it is.
  const taken = readdirSync(folder.root).map(
    (name) => /^(?:node|joining)-(\d{1,6})$/.exec(name)?.[1],
  );
  const number = Math.max(-1, ...taken.map((digits) => Number(digits ?? -1))) + 1;
  const path = join(folder.root, `node-${number}`);
  const aside = join(folder.root, `joining-${number}`);
  const key = createReplicaKey(aside);
  const cluster = readFileSync(folder.clusterFile, "utf8");
  createReplicaFolder(aside, { cluster, listen: address });
  // Of the founders nobody may be left to tell it.
  writeChainFile(folderLayout(aside).chainFile, epochs.linksFrom(0 as Epoch));
  return {
    folder: path,
    key,
    member: { publicKey: key.publicKey, address },
    keep: () => {
      if (existsSync(aside)) renameSync(aside, path);
    },
    discard: () => rmSync(aside, { recursive: true, force: true }),
  };
}
