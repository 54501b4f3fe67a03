import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  faultyOption,
  memberArgument,
  memberResult,
  membershipOptions,
} from "../member-options.ts";
import type { MemberOptions } from "../member-options.ts";
import { finished } from "../options.ts";

export function memberRemoveCommand(frame: Frame): Command {
  return finished(
    membershipOptions(
      new Command("remove").description(
        "let a member go; f stays what it is unless --faulty-max says otherwise",
      ),
    )
      .addArgument(memberArgument())
      .addOption(faultyOption())
      .action(async (which: string, options: MemberOptions) => {
        const { removeMember } = await import("../change-membership.ts");
        const changed = await removeMember(options, which);
        frame.terminal.result(...memberResult(changed));
        frame.exitCode = EXIT_OK;
      }),
    ["member remove 4", "member remove 4 --faulty-max 1"],
  );
}
