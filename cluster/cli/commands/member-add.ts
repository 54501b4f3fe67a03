import { Command, Option } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { addressOption, faultyOption, memberResult, membershipOptions } from "../member-options.ts";
import type { MemberOptions } from "../member-options.ts";
import { finished } from "../options.ts";

interface MemberAddOptions extends MemberOptions {
  readonly address?: string;
  readonly again?: string;
}

export function memberAddCommand(frame: Frame): Command {
  return finished(
    membershipOptions(
      new Command("add").description(
        "make a replica's folder and admit it; `up` starts it, elsewhere run `quorate node --dir` there",
      ),
    )
      .addOption(addressOption())
      .addOption(
        new Option(
          "--again <folder>",
          "admit a replica that was let go, with its own key, where the others last found it",
        ).conflicts("address"),
      )
      .addOption(faultyOption())
      .action(async (options: MemberAddOptions) => {
        const { addMember, readmitMember } = await import("../change-membership.ts");
        const { again, address } = options;
        const changed =
          again === undefined
            ? await addMember(options, address)
            : await readmitMember(options, again);
        frame.terminal.result(...memberResult(changed));
        frame.exitCode = EXIT_OK;
      }),
    [
      "member add",
      "member add --dir ./my-cluster --address 10.0.0.15:7404",
      "member add --dir ./my-cluster --again ./my-cluster/node-2",
    ],
  );
}
