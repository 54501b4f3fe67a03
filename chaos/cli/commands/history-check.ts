import { readFileSync, statSync } from "node:fs";
import { Command } from "commander";
import { utf8 } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { EXIT_OK, EXIT_REFUSED, EXIT_UNDECIDED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parseWhole } from "../../../cluster/cli/options.ts";
import { writeBytesFile } from "../../../cluster/cli/write-output.ts";
import { checkHistory } from "../../checkers/check-history.ts";
import type { HistoryJudgement } from "../../checkers/check-history.ts";
import { drawViolation } from "../../checkers/draw-violation.ts";
import { parseHistory } from "../../checkers/formats/parse-history.ts";
import { FRESHNESS_MS_MAX } from "../../checkers/relax.ts";

/** A million operations with room to spare; more is split before it is checked. */
const HISTORY_BYTES_MAX = 256 * 1024 * 1024;

interface Options {
  readonly picture?: string;
  readonly freshness: number;
}

const EXIT_OF = {
  linearizable: EXIT_OK,
  "not linearizable": EXIT_REFUSED,
  unknown: EXIT_UNDECIDED,
} as const;

export function historyCheckCommand(frame: Frame): Command {
  return finished(
    new Command("check")
      .description("judge a history of calls and answers; 0 linearizable, 1 not, 3 unknown")
      .argument("<file>", "ours (docs/histories.md), a Jepsen register log or a key-value log")
      .option("--picture <file>", "draw the first violation as an SVG")
      .option("--freshness <ms>", "how old a certified read may be", parseWhole, FRESHNESS_MS_MAX)
      .action(async (file: string, { picture, freshness }: Options) => {
        const history = parseHistory(readText(file));
        const judgement = checkHistory(history, { freshnessMsMax: freshness });
        const wrong = judgement.keys.find(({ verdict }) => verdict === "not linearizable");
        if (picture !== undefined && wrong !== undefined) {
          await writeBytesFile(picture, utf8(drawViolation(wrong, history.model)));
        }
        const { verdict, orderFaults } = judgement;
        frame.terminal.result(
          { verdict, operations: history.operations.length, keys: summary(judgement), orderFaults },
          describe(judgement, history.operations.length),
        );
        frame.exitCode = EXIT_OF[verdict];
      }),
    ["history check run.history", "history check run.history --picture violation.svg --json"],
  );
}

function summary({ keys }: HistoryJudgement): readonly object[] {
  return keys.map(({ key, verdict, operations, order, configurationCount }) => ({
    key,
    verdict,
    operations: operations.length,
    placed: order.length,
    configurations: configurationCount,
  }));
}

function describe(judgement: HistoryJudgement, operationCount: number): readonly string[] {
  const { verdict, keys, orderFaults } = judgement;
  const bad = keys.filter((key) => key.verdict === "not linearizable");
  return [
    `${verdict}: ${operationCount} operations on ${keys.length} keys`,
    ...bad.map(
      ({ key, order, operations }) =>
        `  key ${JSON.stringify(key)}: no order goes beyond ${order.length} of ${operations.length}`,
    ),
    ...orderFaults.map(
      ({ what, operations }) => `  ${what}: operations ${operations.join(" and ")}`,
    ),
  ];
}

function readText(file: string): string {
  try {
    if (statSync(file).size <= HISTORY_BYTES_MAX) return readFileSync(file, "utf8");
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const hint = "check the name and your right to read it";
    throw new QuorateError("FILE_UNREADABLE", `${file} could not be read (${why})`, hint, {
      cause,
    });
  }
  throw new QuorateError(
    "HISTORY_INVALID",
    `${file} has more than ${HISTORY_BYTES_MAX} bytes`,
    "split it by key or by time",
  );
}
