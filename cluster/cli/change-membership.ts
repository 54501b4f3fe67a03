import { equalBytes, fromHex } from "../../base/bytes.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { clusterFolder } from "../cluster-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { isPlainAcrossNetworks, reached } from "../init/addresses.ts";
import { localNodes } from "../launcher/local-nodes.ts";
import type { LocalNode } from "../launcher/local-nodes.ts";
import { freePorts } from "../launcher/claim-ports.ts";
import { changeMembers } from "../membership/change-members.ts";
import { createNewcomer } from "../membership/create-newcomer.ts";
import { returning } from "../membership/returning.ts";
import type { Newcomer } from "../membership/create-newcomer.ts";
import { knownEpochs } from "../membership/known-epochs.ts";
import type { Configuration } from "../membership/plan-configuration.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { rotating } from "../membership/rotating.ts";
import { withClient } from "./connect-folder.ts";
import type { FolderOptions } from "./connect-folder.ts";
import type { MemberOptions } from "./member-options.ts";

/** What came of a change: the configuration that has begun, and who is new in it or gone. */
export interface MembershipChanged {
  readonly next: Configuration;
  readonly newcomer: Newcomer | undefined;
  readonly left: Member | undefined;
}

interface Place {
  readonly folder: ClusterFolder;
  readonly genesis: Genesis;
  readonly epochs: Epochs;
}

const LOCALHOST = "127.0.0.1";

export async function addMember(
  options: MemberOptions,
  address: string | undefined,
): Promise<MembershipChanged> {
  const place = await placeOf(options);
  return withNewcomer(place, address, async (newcomer) => {
    const change = { add: [newcomer.member], remove: [], faultyMax: options.faultyMax };
    const next = await order(options, place, change, newcomer);
    return { next, newcomer, left: undefined };
  });
}

/** Who was let go for its silence, or by somebody, and is still whole: key, promises and store. */
export async function readmitMember(
  options: MemberOptions,
  path: string,
): Promise<MembershipChanged> {
  const place = await placeOf(options);
  const newcomer = returning(path, place);
  const change = { add: [newcomer.member], remove: [], faultyMax: options.faultyMax };
  return { next: await order(options, place, change, newcomer), newcomer, left: undefined };
}

export async function removeMember(
  options: MemberOptions,
  which: string,
): Promise<MembershipChanged> {
  const place = await placeOf(options);
  const left = memberOf(place.epochs.newest, which);
  const change = { add: [], remove: [left.publicKey], faultyMax: options.faultyMax };
  return { next: await order(options, place, change, undefined), newcomer: undefined, left };
}

export async function replaceMember(
  options: MemberOptions,
  which: string,
  address: string | undefined,
): Promise<MembershipChanged> {
  const place = await placeOf(options);
  const left = memberOf(place.epochs.newest, which);
  return withNewcomer(place, address, async (newcomer) => {
    const change = { add: [newcomer.member], remove: [left.publicKey], faultyMax: undefined };
    return { next: await order(options, place, change, newcomer), newcomer, left };
  });
}

/** A member goes on under another key, in its place and at its address; both keys sign for it. */
export async function rotateMember(
  options: FolderOptions,
  path: string,
): Promise<MembershipChanged> {
  const place = await placeOf(options);
  const { newcomer, old } = rotating(path, place.epochs.newest);
  const change = { add: [newcomer.member], remove: [old.publicKey], faultyMax: undefined };
  const left = { publicKey: old.publicKey, address: newcomer.member.address };
  return { next: await order(options, place, change, newcomer, [old]), newcomer, left };
}

/** A folder whose admission was refused goes; one whose fate is unknown stays, and waits. */
async function withNewcomer(
  { folder, genesis, epochs }: Place,
  address: string | undefined,
  work: (newcomer: Newcomer) => Promise<MembershipChanged>,
): Promise<MembershipChanged> {
  const others = epochs.newest.members.map((member) => member.address);
  const wanted = address && reached(address, others.some(isPlainAcrossNetworks));
  const taken = localNodes(folder, genesis).find((node) => node.address === wanted);
  if (taken !== undefined) throw addressInUse(taken);
  const newcomer = createNewcomer(folder, wanted ?? (await freeAddress()), epochs);
  try {
    return await work(newcomer);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (UNDECIDED.has(String(code))) newcomer.keep();
    else newcomer.discard();
    throw error;
  }
}

const UNDECIDED: ReadonlySet<string> = new Set(["OUTCOME_UNKNOWN", "MEMBERSHIP_PENDING"]);

/** Two processes would want one port, also when the one that was there is no member any more. */
function addressInUse({ address, folder }: LocalNode): QuorateError {
  return new QuorateError(
    "MEMBERSHIP_INVALID",
    `${address} is the address of ${folder}`,
    "name another port, or leave --address out for a free one",
  );
}

async function freeAddress(): Promise<string> {
  const [port = 0] = await freePorts(LOCALHOST, 1);
  return `${LOCALHOST}:${port}`;
}

async function order(
  options: FolderOptions,
  { epochs }: Place,
  change: Parameters<typeof changeMembers>[2],
  newcomer: Newcomer | undefined,
  handing: readonly SigningKey[] = [],
): Promise<Configuration> {
  const joining = newcomer === undefined ? [] : [newcomer.key, ...handing];
  const deadlineMs = options.timeout * 1000;
  const onDecided = (): void => newcomer?.keep();
  return withClient(options, "operator", (client) =>
    changeMembers(client, epochs.newest, change, { joining, deadlineMs, onDecided }),
  );
}

/** Asked for once: a change that somebody else orders meanwhile makes ours a stale one. */
async function placeOf({ dir }: Pick<FolderOptions, "dir">): Promise<Place> {
  const folder = clusterFolder(dir);
  const { genesis } = readClusterFolder(folder);
  return { folder, genesis, epochs: await knownEpochs(folder, genesis) };
}

/** @throws QuorateError USAGE */
function memberOf(committee: Committee, which: string): Member {
  const index = /^(?:0|[1-9]\d{0,2})$/.test(which) ? Number(which) : -1;
  const key = fromHex(which);
  const member =
    committee.members[index] ??
    committee.members.find(({ publicKey }) => key !== undefined && equalBytes(publicKey, key));
  if (member !== undefined) return member;
  throw new QuorateError(
    "USAGE",
    `"${which}" is no member's index or public key`,
    "`quorate member list` shows both",
  );
}
