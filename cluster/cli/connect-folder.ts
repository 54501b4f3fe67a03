import { readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import type { Client, Signer } from "../../client/types.ts";
import { clusterFolder } from "../cluster-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { readClusterFolder } from "../read-genesis.ts";

export interface FolderOptions {
  readonly dir: string;
  /** Seconds for the whole call. */
  readonly timeout: number;
  /** A key file in place of the folder's own. */
  readonly key?: string;
}

/** Whose key signs: nobody's, the folder's writer's, or its operator's. */
export type Role = "reader" | "writer" | "operator";

/**
 * Connects with the folder's public file, signs as the role says, and closes when the work is done. The floor and the times seen are kept in the folder, so that one command
 * reads what the command before it wrote.
 */
export async function withClient<Answer>(
  options: FolderOptions,
  role: Role,
  work: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const folder = clusterFolder(options.dir);
  const { text } = readClusterFolder(folder);
  const client = await connect({
    genesis: text,
    signer: signerOf(role, folder, options.key),
    folder: folder.clientState,
    deadlineMs: options.timeout * 1000,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function signerOf(role: Role, folder: ClusterFolder, key: string | undefined): Signer | undefined {
  if (role === "reader") return undefined;
  return readKeyFile(key ?? (role === "operator" ? folder.operatorKey : folder.writerKey));
}
