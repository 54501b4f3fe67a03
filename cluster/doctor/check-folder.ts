import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { equalBytes } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { fault, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Under this a store soon refuses writes; a day's checkpoints and logs fit into it. */
const FREE_BYTES_MIN = 1024 * 1024 * 1024;
const OTHERS_MODE = 0o077;
const MEBIBYTE = 1024 * 1024;

/** What can be seen on this machine's disk, whether or not anything runs. */
export async function checkFolder(folder: ClusterFolder, genesis: Genesis): Promise<Finding[]> {
  const members = genesis.members.map((_, index) => index);
  const local = members.filter((index) => existsSync(folder.nodeFolder(index)));
  return [
    ...local.flatMap((index) => checkNodeFolder(folder, genesis, index)),
    ...checkRoleKey(folder.operatorKey, genesis, "the operator", true),
    ...checkRoleKey(folder.writerKey, genesis, "the writer", false),
    ...(await checkFreeSpace(folder.root)),
    ...checkGenesisTime(genesis),
  ];
}

function checkNodeFolder(folder: ClusterFolder, genesis: Genesis, index: number): Finding[] {
  const layout = folderLayout(folder.nodeFolder(index));
  const findings = checkPrivate(layout.root);
  const key = tryKey(layout.keyFile);
  if (key.finding) findings.push(key.finding);
  const member = genesis.members[index];
  const isFounders = isUnderGenesisKey(layout.nodeFile);
  if (key.key && member && isFounders && !equalBytes(key.key.publicKey, member.publicKey)) {
    findings.push(
      fault(
        "NODE_KEY_DIFFERS",
        `${layout.keyFile} is not the key of replica ${index} in cluster.json`,
        "restore the replica's own key, or the cluster.json that belongs to it",
      ),
    );
  }
  if (!existsSync(layout.promises) || readdirSync(layout.promises).length === 0) {
    findings.push(
      fault(
        "PROMISES_MISSING",
        `${layout.promises} is empty: replica ${index} no longer knows what it signed`,
        "it stays silent so that it cannot contradict itself, and counts as one of the f that may " +
          "fail; never restore an old copy from a backup",
      ),
    );
  }
  return findings;
}

/** After `quorate key rotate` the folder names its index no more: the genesis knows another key. */
function isUnderGenesisKey(nodeFile: string): boolean {
  try {
    return (JSON.parse(readFileSync(nodeFile, "utf8")) as { index?: unknown }).index !== undefined;
  } catch {
    return true;
  }
}

function checkRoleKey(path: string, genesis: Genesis, who: string, admin: boolean): Finding[] {
  // A replica's machine holds no operator's and no writer's key, and should not.
  if (!existsSync(path)) return [];
  const { key, finding } = tryKey(path);
  if (finding) return [finding];
  const enrolled = genesis.writers.some(
    (writer) =>
      key && equalBytes(writer.publicKey, key.publicKey) && writer.administrator === admin,
  );
  if (enrolled) return [];
  return [
    warning(
      "KEY_NOT_IN_GENESIS",
      `${path} is not ${who}'s key in the genesis policy`,
      "fine if it was enrolled later; otherwise restore the key that belongs to this cluster",
    ),
  ];
}

function tryKey(path: string): { readonly key?: SigningKey; readonly finding?: Finding } {
  try {
    return { key: readKeyFile(path) };
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return { finding: fault(error.code, error.message, error.hint) };
  }
}

function checkPrivate(path: string): Finding[] {
  if ((statSync(path).mode & OTHERS_MODE) === 0) return [];
  return [
    warning("FOLDER_OPEN", `${path} can be read or changed by others`, `chmod go-rwx ${path}`),
  ];
}

async function checkFreeSpace(path: string): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(path);
  const freeBytes = bavail * bsize;
  if (freeBytes >= FREE_BYTES_MIN) return [];
  const freeMiB = Math.floor(freeBytes / MEBIBYTE);
  return [
    warning(
      "DISK_ALMOST_FULL",
      `${path} has ${freeMiB} MiB left`,
      "free space there: a replica refuses writes before its disk is full",
    ),
  ];
}

function checkGenesisTime(genesis: Genesis): Finding[] {
  const genesisMs = hlcMs(genesis.time);
  if (Date.now() >= genesisMs) return [];
  return [
    fault(
      "CLOCK_BEFORE_GENESIS",
      "this machine's clock is earlier than the making of the cluster",
      "set the clock, and keep it by NTP",
    ),
  ];
}
