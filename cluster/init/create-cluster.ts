import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { toHex, utf8 } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { syncFolder, writeNewFile } from "../../base/host/atomic-file.ts";
import { createKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { PublicKey } from "../../base/types.ts";
import { faultyMaxAtGenesis } from "../../consensus/committee.ts";
import { formatGenesis, parseGenesis } from "../../consensus/genesis-file.ts";
import { NAMESPACE_WILDCARD } from "../../consensus/namespace.ts";
import { createReplicaFolder, createReplicaKey } from "../../node/create-folder.ts";
import { clusterFolder, isFree } from "../cluster-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";

export interface CreateClusterOptions {
  readonly folder: string;
  /** host:port of each replica. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970: the time of genesis. */
  readonly nowMs: number;
}

export interface CreatedCluster {
  readonly dir: string;
  /** The cluster's id, hex. */
  readonly cluster: string;
  readonly name: string;
  readonly n: number;
  readonly f: number;
  readonly clusterFile: string;
  readonly operatorKey: string;
  readonly writerKey: string;
  readonly replicas: readonly {
    readonly id: number;
    readonly address: string;
    readonly dir: string;
    readonly publicKey: string;
  }[];
}

const NAME_LENGTH_MAX = 64;

/**
 * Makes keys, public file and folders of a new cluster: all of it or nothing, for it is made under
 * another name and renamed when it is whole.
 * @throws QuorateError INIT_FOLDER_EXISTS, INIT_FAILED, GENESIS_INVALID
 */
export function createCluster(options: CreateClusterOptions): CreatedCluster {
  const target = clusterFolder(options.folder);
  if (!isFree(target.root)) throw folderExists(target.root);
  let partial = "";
  try {
    mkdirSync(dirname(target.root), { recursive: true });
    partial = mkdtempSync(`${target.root}.partial-`);
    const made = fill(clusterFolder(partial), target, options);
    // Over an empty folder a rename is one step too; over anything else it fails.
    renameSync(partial, target.root);
    syncFolder(dirname(target.root));
    return made;
  } catch (error) {
    if (partial !== "") rmSync(partial, { recursive: true, force: true });
    throw asInitError(error, target.root);
  }
}

function fill(
  folder: ClusterFolder,
  target: ClusterFolder,
  { addresses, nowMs }: CreateClusterOptions,
): CreatedCluster {
  const members = addresses.map((address, index) => ({
    publicKey: createReplicaKey(folder.nodeFolder(index)).publicKey,
    address,
  }));
  const name = nameOf(target.root);
  const faultyMax = faultyMaxAtGenesis(members.length);
  const operator = createRoleKey(folder.operatorKey);
  const writer = createRoleKey(folder.writerKey);
  const text = formatGenesis({
    ...{ name, members, faultyMax, namespaces: [] },
    writers: [
      { publicKey: operator, operator: "operator", namespaces: [], administrator: true },
      {
        publicKey: writer,
        operator: "writer",
        namespaces: [NAMESPACE_WILDCARD],
        administrator: false,
      },
    ],
    time: hlcFromMs(nowMs),
  });
  const { clusterId } = parseGenesis(nodeCrypto.hash, text);
  members.forEach((_, index) => {
    createReplicaFolder(folder.nodeFolder(index), { index, cluster: text });
  });
  writeNewFile(folder.clusterFile, utf8(text));
  syncFolder(folder.root);
  return {
    dir: target.root,
    cluster: toHex(clusterId),
    ...{ name, n: members.length, f: faultyMax },
    clusterFile: target.clusterFile,
    operatorKey: target.operatorKey,
    writerKey: target.writerKey,
    replicas: members.map(({ address, publicKey }, id) => ({
      ...{ id, address, dir: target.nodeFolder(id), publicKey: toHex(publicKey) },
    })),
  };
}

function createRoleKey(path: string): PublicKey {
  mkdirSync(dirname(path), { mode: 0o700 });
  return createKeyFile(path).publicKey;
}

/** The folder's own name, as far as it can stand in a heading. */
function nameOf(root: string): string {
  const name = basename(root)
    .replace(/[^A-Za-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name.slice(0, NAME_LENGTH_MAX) || "quorate";
}

function asInitError(error: unknown, root: string): unknown {
  if (error instanceof QuorateError) return error;
  const { code } = error as NodeJS.ErrnoException;
  // Somebody made it while we were at work.
  if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") return folderExists(root);
  if (code === undefined) return error;
  return new QuorateError(
    "INIT_FAILED",
    `${root} could not be made (${code})`,
    "check your rights and the free space there; nothing was left behind",
    { cause: error },
  );
}

function folderExists(root: string): QuorateError {
  return new QuorateError(
    "INIT_FOLDER_EXISTS",
    `${root} exists and is not empty`,
    "choose another folder; keys are never made over",
  );
}
