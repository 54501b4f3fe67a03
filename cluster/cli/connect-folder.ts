import { readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { readClusterFolder } from "../read-genesis.ts";

export interface FolderOptions {
  readonly dir: string;
  /** Seconds for the whole call. */
  readonly timeout: number;
}

/**
 * Connects with the folder's public file, signs with its writer's key when `writes`, and closes
 * when the work is done. The floor and the times seen are kept in the folder, so that one command
 * reads what the command before it wrote.
 */
export async function withClient<Answer>(
  options: FolderOptions,
  writes: boolean,
  work: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const folder = clusterFolder(options.dir);
  const { text } = readClusterFolder(folder);
  const client = await connect({
    genesis: text,
    signer: writes ? readKeyFile(folder.writerKey) : undefined,
    folder: folder.clientState,
    deadlineMs: options.timeout * 1000,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
