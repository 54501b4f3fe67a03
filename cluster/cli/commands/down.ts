import { Command } from "commander";
import { clusterFolder } from "../../cluster-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";

export function downCommand(frame: Frame): Command {
  return finished(
    new Command("down")
      .description("end the cluster that `up` runs from this folder")
      .addOption(folderOption())
      .action(async (options: { readonly dir: string }) => {
        const { stopLauncher } = await import("../../launcher/stop-launcher.ts");
        const { root } = clusterFolder(options.dir);
        frame.terminal.showLive("ending the replicas …");
        const { stopped, pid, killedCount } = await stopLauncher(root);
        frame.terminal.result({ dir: root, stopped, pid: pid ?? null, killed: killedCount }, [
          stopped ? `${root} is down` : `nothing ran in ${root}`,
          ...(killedCount > 0 ? [`${killedCount} processes had to be killed`] : []),
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["down", "down --dir ./my-cluster"],
  );
}
