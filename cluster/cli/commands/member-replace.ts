import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  addressOption,
  memberArgument,
  memberResult,
  membershipOptions,
} from "../member-options.ts";
import type { MemberOptions } from "../member-options.ts";
import { finished } from "../options.ts";

interface MemberReplaceOptions extends MemberOptions {
  readonly address?: string;
}

export function memberReplaceCommand(frame: Frame): Command {
  return finished(
    membershipOptions(
      new Command("replace").description(
        "put a new replica, with a new key, in a member's place: a lost, stolen or amnesiac one's",
      ),
    )
      .addArgument(memberArgument())
      .addOption(addressOption())
      .action(async (which: string, options: MemberReplaceOptions) => {
        const { replaceMember } = await import("../change-membership.ts");
        const changed = await replaceMember(options, which, options.address);
        frame.terminal.result(...memberResult(changed));
        frame.exitCode = EXIT_OK;
      }),
    ["member replace 2", "member replace 2 --dir ./my-cluster --address 10.0.0.15:7404"],
  );
}
