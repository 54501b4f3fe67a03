import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { equalBytes } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { PublicKey } from "../../base/types.ts";
import type { Member } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { AMNESIA_LATCH } from "../../node/held-promises.ts";
import { loadFolder } from "../../node/load-folder.ts";
import type { Newcomer } from "./create-newcomer.ts";

/**
 * A replica that was a member and is none now, as its own folder names it. Its process need not run
 * yet: it asks for the chain when it does, and takes its place.
 *
 * @throws QuorateError NODE_FOLDER, GENESIS_INVALID, KEY_FILE_*, MEMBERSHIP_INVALID
 */
export function returning(
  folder: string,
  { epochs, genesis }: { readonly epochs: Epochs; readonly genesis: Genesis },
): Newcomer {
  const layout = folderLayout(folder);
  const { key, genesis: own } = loadFolder(layout);
  if (!equalBytes(own.clusterId, genesis.clusterId)) {
    throw refused(`${folder} is a replica of another cluster`, "name a folder of this cluster");
  }
  const isMember = epochs.newest.members.some(({ publicKey }) =>
    equalBytes(publicKey, key.publicKey),
  );
  if (isMember) {
    throw refused(`${folder} is a member already`, "start it: `quorate node --dir` or `up`");
  }
  const { promises } = layout;
  const remembers = existsSync(promises) && readdirSync(promises).length > 0;
  if (!remembers || existsSync(join(promises, AMNESIA_LATCH))) {
    throw refused(
      `${folder} has lost its promises: its key must not sign again`,
      "admit a new replica: `quorate member add`",
    );
  }
  const member = lastSeen(epochs, key.publicKey);
  if (member === undefined) {
    throw refused(`${folder} was never a member`, "admit a new replica: `quorate member add`");
  }
  const nothing = (): void => undefined;
  return { folder, key, member, keep: nothing, discard: nothing };
}

/** Where the others last found this key: it may listen elsewhere. */
function lastSeen(epochs: Epochs, key: PublicKey): Member | undefined {
  for (let epoch = epochs.newest.epoch; epoch >= 0; epoch--) {
    const members = epochs.committeeOf(epoch)?.members ?? [];
    const member = members.find(({ publicKey }) => equalBytes(publicKey, key));
    if (member !== undefined) return member;
  }
  return undefined;
}

function refused(what: string, hint: string): QuorateError {
  return new QuorateError("MEMBERSHIP_INVALID", what, hint);
}
