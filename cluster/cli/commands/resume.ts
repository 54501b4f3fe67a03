import { Command } from "commander";
import { QuorateError } from "../../../base/quorate-error.ts";
import { clusterFolder } from "../../cluster-folder.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, keyOption } from "../options.ts";

export function resumeCommand(frame: Frame): Command {
  return finished(
    new Command("resume")
      .description(
        "what halted replicas have seen; with the evidence's name, order them to go on after it",
      )
      .argument("[evidence]", "its name, 64 hex digits, as this command lists it")
      .addOption(folderOption())
      .addOption(keyOption("operator"))
      .action(async (text: string | undefined, options: FolderOptions) => {
        const { askHalted, evidenceName, resumeHalted } =
          await import("../../membership/resume-halted.ts");
        const { readKeyFile } = await import("../../../base/host/key-file.ts");
        const { readClusterFolder } = await import("../../read-genesis.ts");
        const { knownEpochs } = await import("../../membership/known-epochs.ts");
        const folder = clusterFolder(options.dir);
        const evidence = text === undefined ? undefined : evidenceName(text);
        if (text !== undefined && evidence === undefined) throw noName(text);
        const { newest } = await knownEpochs(folder, readClusterFolder(folder).genesis);
        let members = await askHalted(newest);
        if (evidence !== undefined) {
          const key = readKeyFile(options.key ?? folder.operatorKey);
          members = await resumeHalted(newest, members, evidence, key);
        }
        const { epoch } = newest;
        frame.terminal.result(
          { epoch, replicas: members },
          members.map(
            ({ index, address, state, what, evidence: name }) =>
              `${index}  ${address}  ${state}${name === null ? "" : `  ${name}  ${what}`}`,
          ),
        );
        const isDone = evidence === undefined || members.some(({ state }) => state === "resumed");
        frame.exitCode = isDone ? EXIT_OK : EXIT_REFUSED;
      }),
    ["resume", `resume ${"3f".repeat(32)} --dir ./my-cluster`],
  );
}

function noName(text: string): QuorateError {
  return new QuorateError(
    "USAGE",
    `"${text}" is no evidence's name`,
    "`quorate resume` without it lists what halted replicas have seen",
  );
}
