import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished } from "../../../cluster/cli/options.ts";

export function chaosCleanCommand(frame: Frame): Command {
  return finished(
    new Command("clean")
      .description("remove what runs that died have left: processes, mounts, namespaces, groups")
      .action(async () => {
        const { abandonedLedgers } = await import("../../ledger/ledger.ts");
        const { cleanUp } = await import("../../ledger/clean-up.ts");
        const cleaned = [];
        for (const folder of abandonedLedgers()) cleaned.push(await cleanUp(folder));
        const left = cleaned.flatMap((one) => one.left);
        frame.terminal.result({ cleaned }, [
          `${cleaned.length} runs had been left behind`,
          ...cleaned.flatMap(({ removed }) => removed.map((what) => `  removed ${what}`)),
          ...left.map((what) => `  still there: ${what}`),
        ]);
        frame.exitCode = left.length === 0 ? EXIT_OK : EXIT_REFUSED;
      }),
    ["chaos clean"],
  );
}
