import { Argument, Option } from "commander";
import type { Command } from "commander";
import { toHex } from "../../base/bytes.ts";
import type { MembershipChanged } from "./change-membership.ts";
import type { FolderOptions } from "./connect-folder.ts";
import { folderOption, keyOption, parseWhole, timeoutOption } from "./options.ts";

export interface MemberOptions extends FolderOptions {
  readonly faultyMax?: number;
}

/** What every change of members takes. */
export function membershipOptions(command: Command): Command {
  return command
    .addOption(folderOption())
    .addOption(keyOption("operator"))
    .addOption(timeoutOption());
}

export function memberArgument(): Argument {
  return new Argument(
    "<member>",
    "its index, or its public key, as `quorate member list` shows it",
  );
}

export function addressOption(): Option {
  return new Option(
    "--address <host:port>",
    "where the new replica listens (default: a free port of this machine)",
  );
}

export function faultyOption(): Option {
  return new Option(
    "--faulty-max <count>",
    "how many may lie from then on (default: as before, or as many as more members allow)",
  ).argParser(parseWhole);
}

/** For programs and for people. */
export function memberResult(changed: MembershipChanged): [object, string[]] {
  const { next, newcomer, left } = changed;
  const { epoch, faultyMax } = next;
  const n = next.members.length;
  const joined = newcomer && {
    ...{ folder: newcomer.folder, address: newcomer.member.address },
    publicKey: toHex(newcomer.member.publicKey),
  };
  const lines = [
    `epoch ${epoch}  n ${n}  f ${faultyMax}`,
    ...(joined === undefined ? [] : [`joined  ${joined.address}  ${joined.folder}`]),
    ...(left === undefined ? [] : [`left    ${left.address}  ${toHex(left.publicKey)}`]),
  ];
  const gone = left === undefined ? undefined : { ...left, publicKey: toHex(left.publicKey) };
  return [{ epoch, n, f: faultyMax, joined, left: gone }, lines];
}
