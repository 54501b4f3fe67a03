import { equalBytes, fromHex } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import { clusterFolder } from "../cluster-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { localNodes } from "../launcher/local-nodes.ts";
import type { LocalNode } from "../launcher/local-nodes.ts";
import { freePorts } from "../launcher/claim-ports.ts";
import { changeMembers } from "../membership/change-members.ts";
import { createNewcomer } from "../membership/create-newcomer.ts";
import type { Newcomer } from "../membership/create-newcomer.ts";
import { knownEpochs } from "../membership/known-epochs.ts";
import type { Configuration } from "../membership/plan-configuration.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { withClient } from "./connect-folder.ts";
import type { MemberOptions } from "./member-options.ts";

/** What came of a change: the configuration that has begun, and who is new in it or gone. */
export interface MembershipChanged {
  readonly next: Configuration;
  readonly newcomer: Newcomer | undefined;
  readonly left: Member | undefined;
}

const LOCALHOST = "127.0.0.1";

export async function addMember(
  options: MemberOptions,
  address: string | undefined,
): Promise<MembershipChanged> {
  const folder = clusterFolder(options.dir);
  return withNewcomer(folder, address, async (newcomer) => {
    const change = { add: [newcomer.member], remove: [], faultyMax: options.faultyMax };
    const next = await order(options, folder, change, newcomer);
    return { next, newcomer, left: undefined };
  });
}

export async function removeMember(
  options: MemberOptions,
  which: string,
): Promise<MembershipChanged> {
  const folder = clusterFolder(options.dir);
  const left = memberOf(await committeeOf(folder), which);
  const change = { add: [], remove: [left.publicKey], faultyMax: options.faultyMax };
  return { next: await order(options, folder, change, undefined), newcomer: undefined, left };
}

export async function replaceMember(
  options: MemberOptions,
  which: string,
  address: string | undefined,
): Promise<MembershipChanged> {
  const folder = clusterFolder(options.dir);
  const left = memberOf(await committeeOf(folder), which);
  return withNewcomer(folder, address, async (newcomer) => {
    const change = { add: [newcomer.member], remove: [left.publicKey], faultyMax: undefined };
    return { next: await order(options, folder, change, newcomer), newcomer, left };
  });
}

/** A folder whose admission was refused goes; one whose fate is unknown stays, and waits. */
async function withNewcomer(
  folder: ClusterFolder,
  address: string | undefined,
  work: (newcomer: Newcomer) => Promise<MembershipChanged>,
): Promise<MembershipChanged> {
  const { genesis } = readClusterFolder(folder);
  const taken = localNodes(folder, genesis).find((node) => node.address === address);
  if (taken !== undefined) throw addressInUse(taken);
  const epochs = await knownEpochs(folder, genesis);
  const newcomer = createNewcomer(folder, address ?? (await freeAddress()), epochs);
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
  options: MemberOptions,
  folder: ClusterFolder,
  change: Parameters<typeof changeMembers>[2],
  newcomer: Newcomer | undefined,
): Promise<Configuration> {
  const joining = newcomer === undefined ? [] : [newcomer.key];
  const deadlineMs = options.timeout * 1000;
  const onDecided = (): void => newcomer?.keep();
  const committee = await committeeOf(folder);
  return withClient(options, "operator", (client) =>
    changeMembers(client, committee, change, { joining, deadlineMs, onDecided }),
  );
}

async function committeeOf(folder: ClusterFolder): Promise<Committee> {
  return (await knownEpochs(folder, readClusterFolder(folder).genesis)).newest;
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
