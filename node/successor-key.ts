import { existsSync, readFileSync, renameSync } from "node:fs";
import { equalBytes, utf8 } from "../base/bytes.ts";
import { syncFolder, writeFileAtomically } from "../base/host/atomic-file.ts";
import { readKeyFile } from "../base/host/key-file.ts";
import type { SigningKey } from "../base/host/signing-key.ts";
import type { Committee } from "../consensus/committee.ts";
import type { FolderLayout } from "./folder-layout.ts";

/**
 * The key that lies ready in the folder, if this configuration names it: it has taken the place of
 * the replica's own. In the configurations before it signs nothing.
 *
 * @throws QuorateError KEY_FILE_*
 */
export function successorKey(
  layout: FolderLayout,
  { members }: Pick<Committee, "members">,
): SigningKey | undefined {
  if (!existsSync(layout.nextKeyFile)) return undefined;
  const key = readKeyFile(layout.nextKeyFile);
  return members.some((each) => equalBytes(each.publicKey, key.publicKey)) ? key : undefined;
}

/**
 * From here on the successor is the replica's key, and the old one is gone from this disk. Called
 * once the link to that configuration is durable: whoever is cut off in the midst of it finds the
 * rest to do at its next start. The genesis knows another key at this folder's index, so the folder
 * speaks for itself from then on, as that of one who was admitted later.
 *
 * @throws QuorateError KEY_FILE_*
 */
export function takeSuccessorKey(
  layout: FolderLayout,
  committee: Pick<Committee, "members">,
): SigningKey | undefined {
  const key = successorKey(layout, committee);
  if (key === undefined) return undefined;
  const node = JSON.parse(readFileSync(layout.nodeFile, "utf8")) as Record<string, unknown>;
  const listen = node["listen"] ?? addressOf(committee, key);
  const said = { ...node, index: undefined, listen };
  writeFileAtomically(layout.nodeFile, utf8(`${JSON.stringify(said, undefined, 2)}\n`));
  renameSync(layout.nextKeyFile, layout.keyFile);
  syncFolder(layout.root);
  return key;
}

function addressOf({ members }: Pick<Committee, "members">, key: SigningKey): string | undefined {
  return members.find(({ publicKey }) => equalBytes(publicKey, key.publicKey))?.address;
}
