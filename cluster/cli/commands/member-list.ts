import { Command } from "commander";
import { toHex } from "../../../base/bytes.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import { clusterFolder } from "../../cluster-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";

export function memberListCommand(frame: Frame): Command {
  return finished(
    new Command("list")
      .description("who votes now: the newest configuration, followed link by link from genesis")
      .addOption(folderOption())
      .action(async ({ dir }: { readonly dir: string }) => {
        const { readClusterFolder } = await import("../../read-genesis.ts");
        const { knownEpochs } = await import("../../membership/known-epochs.ts");
        const folder = clusterFolder(dir);
        const epochs = await knownEpochs(folder, readClusterFolder(folder).genesis);
        const { epoch, members, faultyMax } = epochs.newest;
        const shown = members.map(({ publicKey, address }, index) => ({
          ...{ index, address, publicKey: toHex(publicKey) },
        }));
        const n = members.length;
        const quorum = quorumOf(epochs.newest);
        frame.terminal.result({ epoch, n, f: faultyMax, quorum, members: shown }, [
          `epoch ${epoch}  n ${n}  f ${faultyMax}  quorum ${quorum}`,
          ...shown.map(
            ({ index, address, publicKey }) =>
              `${String(index).padStart(4)}  ${address.padEnd(21)}  ${publicKey}`,
          ),
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["member list", "member list --dir ./my-cluster --json"],
  );
}
