import { join } from "node:path";

/**
 * The folder of one replica:
 *
 *     node.json      which member this is
 *     cluster.json   a copy of the public file
 *     key.json       the secret key, mode 0600
 *     key-next.json  one that is to take its place, until a configuration names it
 *     chain          links to the configurations after genesis, once there are any; each proves
 *                    itself, so a lost one is asked for again
 *     promises/      what was signed: apart from the store, and never restored from a backup;
 *                    amnesiac.json in it once some of that was found lost
 *     store/         rows and values; may be wiped, and comes back by state transfer
 *     clock          upper bound of the clock
 *     halted.json    only after the replica latched
 *     released.json  after what an operator had it go on
 *     evidence/      statements of others that contradict each other
 *     journal/       what happened, in bounded segments; may be deleted at any time
 *     journal-token  lets whoever shows it read the journal from elsewhere; only if put there
 */
export interface FolderLayout {
  readonly root: string;
  readonly nodeFile: string;
  readonly clusterFile: string;
  readonly keyFile: string;
  readonly nextKeyFile: string;
  readonly chainFile: string;
  readonly promises: string;
  readonly store: string;
  readonly clockFile: string;
  readonly haltFile: string;
  readonly evidence: string;
  readonly journal: string;
  readonly journalTokenFile: string;
}

export function folderLayout(root: string): FolderLayout {
  return {
    root,
    nodeFile: join(root, "node.json"),
    clusterFile: join(root, "cluster.json"),
    keyFile: join(root, "key.json"),
    nextKeyFile: join(root, "key-next.json"),
    chainFile: join(root, "chain"),
    promises: join(root, "promises"),
    store: join(root, "store"),
    clockFile: join(root, "clock"),
    haltFile: join(root, "halted.json"),
    evidence: join(root, "evidence"),
    journal: join(root, "journal"),
    journalTokenFile: join(root, "journal-token"),
  };
}
