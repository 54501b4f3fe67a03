import { Command, Option } from "commander";
import type { Frame } from "../../../cluster/cli/frame.ts";
import type { LinkTier } from "../../network/open-network.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";

interface Options {
  readonly reps?: number;
  readonly seed: number;
  readonly out: string;
  readonly keepAll?: boolean;
  readonly tier: LinkTier;
}

export const OUT_DEFAULT = "chaos-runs";

export function chaosRunCommand(frame: Frame): Command {
  return finished(
    new Command("run")
      .description("hurt a cluster of its own and judge it; 0 held, 1 failed, 3 could not be run")
      .argument("<experiment...>", "names from `quorate chaos list`")
      .option("--reps <count>", "repetitions of each (default: 1)", parsePositive)
      .option("--seed <seed>", "of the first repetition; the next ones count on", parseWhole, 1)
      .option("--out <folder>", "where results go, a folder for each repetition", OUT_DEFAULT)
      .addOption(
        new Option("--tier <name>", "of what links are made that are hurt")
          .choices(["proxy", "namespaces"])
          .default("proxy"),
      )
      .option("--keep-all", "keep history and journals of runs that held, too")
      .action(async (names: readonly string[], options: Options) => {
        const { experimentNamed } = await import("../../experiments/catalogue.ts");
        const { runMany } = await import("../run-many.ts");
        const experiments = names.map(experimentNamed);
        await runMany(frame, {
          work: experiments.flatMap((experiment) =>
            Array.from({ length: options.reps ?? 1 }, (_, rep) => ({
              experiment,
              seed: options.seed + rep,
            })),
          ),
          out: options.out,
          keepAll: options.keepAll === true,
          expectNotRun: [],
          tier: options.tier,
        });
      }),
    ["chaos run primary-kill", "chaos run equivocation packet-loss --reps 10 --json"],
  );
}
