import { Command } from "commander";
import { utf8 } from "../../../base/bytes.ts";
import { EXIT_OK, EXIT_REFUSED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";
import { writeBytesFile } from "../../../cluster/cli/write-output.ts";

interface Options {
  readonly histories: number;
  readonly operations: number;
  readonly from: number;
  readonly save?: string;
}

interface Totals {
  histories: number;
  operations: number;
  fewestOperations: number;
  unknown: number;
  violations: string[];
}

export function historySimulateCommand(frame: Frame): Command {
  return finished(
    new Command("simulate")
      .description("judge what the clients of simulated runs saw; 1 when one is not linearizable")
      .option("--histories <count>", "so many seeds", parsePositive, 100)
      .option("--operations <count>", "at least about so many in each", parsePositive, 1000)
      .option("--from <seed>", "the first of them", parseWhole, 1)
      .option("--save <file>", "where the first history that is wrong goes")
      .action((options: Options) => simulateHistories(frame, options)),
    ["history simulate --histories 1000 --operations 1000"],
  );
}

async function simulateHistories(frame: Frame, options: Options): Promise<void> {
  const { simulateHistory } = await import("../../checkers/simulate-history.ts");
  const { checkSimulated, historyOf } = await import("../../checkers/simulated-history.ts");
  const { formatHistory } = await import("../../checkers/formats/parse-history.ts");
  const totals: Totals = {
    ...{ histories: 0, operations: 0, fewestOperations: Infinity, unknown: 0 },
    violations: [],
  };
  const interrupt = { came: false };
  const stop = (): void => void (interrupt.came = true);
  process.once("SIGINT", stop);
  for (let number = 0; number < options.histories; number++) {
    if (interrupt.came) break;
    const seed = options.from + number;
    const operations = await simulateHistory(seed, options.operations);
    const { verdict, keys, orderFaults } = checkSimulated(operations);
    totals.histories++;
    totals.operations += operations.length;
    totals.fewestOperations = Math.min(totals.fewestOperations, operations.length);
    if (verdict === "unknown") totals.unknown++;
    if (verdict === "not linearizable") {
      const wrong = keys.find((key) => key.verdict === "not linearizable")?.key;
      const why = orderFaults[0]?.what ?? `key ${wrong ?? ""}`;
      totals.violations.push(`seed ${seed}: ${why}`);
      if (options.save !== undefined && totals.violations.length === 1) {
        await writeBytesFile(options.save, utf8(formatHistory(historyOf(operations))));
      }
    }
    frame.terminal.showLive(
      `${totals.histories} of ${options.histories}, ${totals.operations} operations, ` +
        `${totals.violations.length} not linearizable`,
    );
  }
  process.off("SIGINT", stop);
  frame.terminal.result(totals, describe(totals));
  frame.exitCode = totals.violations.length === 0 ? EXIT_OK : EXIT_REFUSED;
}

function describe({
  histories,
  operations,
  fewestOperations,
  unknown,
  violations,
}: Totals): string[] {
  return [
    `${histories} histories of ${operations} operations, none with fewer than ${fewestOperations}: ` +
      `${violations.length} not linearizable, ${unknown} unknown`,
    ...violations.map((violation) => `  ${violation}`),
  ];
}
