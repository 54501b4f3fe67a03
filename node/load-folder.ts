import { readFileSync } from "node:fs";
import { equalBytes } from "../base/bytes.ts";
import { readKeyFile } from "../base/host/key-file.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { SigningKey } from "../base/host/signing-key.ts";
import { QuorateError } from "../base/quorate-error.ts";
import { hostPortOf, isSecureAddress } from "../base/replica-address.ts";
import type { ReplicaIndex } from "../base/types.ts";
import { parseGenesis } from "../consensus/genesis-file.ts";
import type { Genesis } from "../consensus/genesis.ts";
import type { FolderLayout } from "./folder-layout.ts";

export interface LoadedFolder {
  /** Our place at genesis; undefined: we are to be admitted later, or were under another key. */
  readonly founder: ReplicaIndex | undefined;
  readonly genesis: Genesis;
  readonly key: SigningKey;
  readonly listen: { readonly host: string; readonly port: number };
  /** Nothing is understood in plain text, as long as no configuration says otherwise. */
  readonly isSecure: boolean;
  /** What its journal may take on disk, 0 for none; undefined: as usual. */
  readonly journalBytesMax: number | undefined;
  /** Where time is asked for; none: the machine's clock is followed. */
  readonly timeServers: readonly string[];
  /** How far back it answers; undefined: as usual. */
  readonly historyMinutes: number | undefined;
}

/**
 * Reads what a replica's folder says of itself and holds the parts against one another.
 *
 * @throws QuorateError NODE_FOLDER, GENESIS_INVALID, KEY_FILE_*
 */
export function loadFolder(layout: FolderLayout): LoadedFolder {
  const node = parseNode(layout.nodeFile, readText(layout.nodeFile));
  const genesis = parseGenesis(nodeCrypto.hash, readText(layout.clusterFile));
  const key = readKeyFile(layout.keyFile);
  const member = node.index === undefined ? undefined : genesis.members[node.index];
  if (node.index !== undefined) {
    if (member === undefined) {
      throw nodeFolder(`${layout.nodeFile}: the cluster has no member ${node.index}`);
    }
    if (!equalBytes(key.publicKey, member.publicKey)) {
      throw nodeFolder(`${layout.keyFile} is not the key of member ${node.index}`);
    }
  }
  const listen = parseAddress(hostPortOf(node.listen ?? member?.address ?? ""));
  // Where it listens may be told in another way than where it is reached, behind a NAT or on all
  // interfaces; whether in plain text may not.
  const isSecure = isSecureAddress(member?.address ?? node.listen ?? "");
  if (listen === undefined) throw nodeFolder(`${layout.nodeFile}: listen is not host:port`);
  const founder = node.index as ReplicaIndex | undefined;
  return { ...node, founder, genesis, key, listen, isSecure };
}

interface NodeFile {
  /** Absent in the folder of who was not there at genesis. */
  readonly index: number | undefined;
  readonly listen: string | undefined;
  readonly journalBytesMax: number | undefined;
  readonly timeServers: readonly string[];
  readonly historyMinutes: number | undefined;
}

function parseNode(file: string, text: string): NodeFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw nodeFolder(`${file} is not JSON`, cause);
  }
  const { format, index, listen, journalBytesMax, timeServers, historyMinutes } = (value ??
    {}) as Readonly<Record<string, unknown>>;
  if (format !== 1) throw nodeFolder(`${file} is not of format 1`);
  if (index !== undefined && !isSize(index)) {
    throw nodeFolder(`${file}: index is not a member's`);
  }
  if (listen !== undefined && typeof listen !== "string") {
    throw nodeFolder(`${file}: listen is not host:port`);
  }
  if (journalBytesMax !== undefined && !isSize(journalBytesMax)) {
    throw nodeFolder(`${file}: journalBytesMax is not a number of bytes`);
  }
  if (timeServers !== undefined && !isTexts(timeServers)) {
    throw nodeFolder(`${file}: timeServers is not a list of texts`);
  }
  if (historyMinutes !== undefined && !isSize(historyMinutes)) {
    throw nodeFolder(`${file}: historyMinutes is not a whole number`);
  }
  return { index, listen, journalBytesMax, timeServers: timeServers ?? [], historyMinutes };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** IPv6 hosts stand in brackets. */
export function parseAddress(
  address: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw nodeFolder(`${file} cannot be read`, cause);
  }
}

function nodeFolder(message: string, cause?: unknown): QuorateError {
  return new QuorateError(
    "NODE_FOLDER",
    message,
    "name a folder that `quorate init` made, with all its files",
    { cause },
  );
}
