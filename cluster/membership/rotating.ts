import { existsSync } from "node:fs";
import { equalBytes } from "../../base/bytes.ts";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Committee } from "../../consensus/committee.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { loadFolder } from "../../node/load-folder.ts";
import type { Newcomer } from "./create-newcomer.ts";

/** A member under its next key, and the one that hands the place to it. */
export interface Rotating {
  readonly newcomer: Newcomer;
  readonly old: SigningKey;
}

/**
 * A member whose folder is here, with another key laid ready in it: its process takes that key when
 * a configuration names it, running or at its next start. One that was laid there by an earlier
 * attempt is used again.
 *
 * @throws QuorateError NODE_FOLDER, GENESIS_INVALID, KEY_FILE_*, MEMBERSHIP_INVALID
 */
export function rotating(folder: string, current: Committee): Rotating {
  const layout = folderLayout(folder);
  const { key: old, genesis } = loadFolder(layout);
  const { clusterId, members } = current;
  if (!equalBytes(genesis.clusterId, clusterId)) {
    throw refused(`${folder} is a replica of another cluster`, "name a folder of this cluster");
  }
  const place = members.find(({ publicKey }) => equalBytes(publicKey, old.publicKey));
  if (place === undefined) {
    throw refused(
      `${folder} is no member under its key`,
      "a member whose new key was admitted takes it when it runs; see `quorate member list`",
    );
  }
  const { nextKeyFile } = layout;
  const key = existsSync(nextKeyFile) ? readKeyFile(nextKeyFile) : createKeyFile(nextKeyFile);
  const member = { publicKey: key.publicKey, address: place.address };
  // Kept in any case: the order may have been taken, and the old key is nobody's then.
  const nothing = (): void => undefined;
  return { old, newcomer: { folder, key, member, keep: nothing, discard: nothing } };
}

function refused(what: string, hint: string): QuorateError {
  return new QuorateError("MEMBERSHIP_INVALID", what, hint);
}
