import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * What `init` makes and `up` runs:
 *
 *     cluster.json        public: all that a client trusts
 *     node-0/ …           one replica each; may be moved to its machine
 *     joining-4/          one whose admission is being ordered
 *     operator/key.json   may order policy, membership and resume
 *     writer/key.json     enrolled for every namespace; the gateway and `put` sign with it
 *     gateway/            the gateway's cache and journal
 *     client/             the command line's own floor and times
 *     logs/ run/          of the launcher
 */
export interface ClusterFolder {
  readonly root: string;
  readonly clusterFile: string;
  readonly operatorKey: string;
  readonly writerKey: string;
  readonly gatewayCache: string;
  readonly clientState: string;
  readonly nodeFolder: (index: number) => string;
}

export function clusterFolder(folder: string): ClusterFolder {
  const root = resolve(folder);
  return {
    root,
    clusterFile: join(root, "cluster.json"),
    operatorKey: join(root, "operator", "key.json"),
    writerKey: join(root, "writer", "key.json"),
    gatewayCache: join(root, "gateway"),
    clientState: join(root, "client"),
    nodeFolder: (index) => join(root, `node-${index}`),
  };
}

export function isClusterFolder(folder: ClusterFolder): boolean {
  return existsSync(folder.clusterFile);
}

/** True when there is nothing at this place, or an empty folder. */
export function isFree(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
