import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Genesis } from "../../consensus/genesis.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { nodeNames } from "../membership/known-epochs.ts";

/** A replica whose whole folder is here. */
export interface LocalNode {
  /** `node-0`, … */
  readonly name: string;
  readonly folder: string;
  /** Where it listens. */
  readonly address: string;
}

/**
 * Founders by the public file, everybody else by what its own folder says. A folder that is being
 * made, or whose node.json cannot be read, is passed over: `doctor` and the replica itself tell.
 */
export function localNodes(folder: ClusterFolder, genesis: Genesis): readonly LocalNode[] {
  return nodeNames(folder).flatMap((name) => {
    const path = join(folder.root, name);
    const file = folderLayout(path).nodeFile;
    const said = existsSync(file) ? readNode(file) : { index: indexOf(name) };
    if (said === undefined) return [];
    const address = genesis.members[said.index ?? -1]?.address ?? said.listen;
    return address === undefined ? [] : [{ name, folder: path, address }];
  });
}

function indexOf(name: string): number {
  return Number(name.slice("node-".length));
}

function readNode(
  file: string,
): { readonly index?: number | undefined; readonly listen?: string | undefined } | undefined {
  try {
    const { index, listen } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    return {
      index: typeof index === "number" ? index : undefined,
      listen: typeof listen === "string" ? listen : undefined,
    };
  } catch {
    return undefined;
  }
}
