import { Command, Option } from "commander";
import type { Timing } from "../../../consensus/replica/timing.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, parsePositive } from "../options.ts";

interface NodeCommandOptions {
  readonly dir: string;
  readonly logLevel: string;
  /** Bytes, 0 for none. */
  readonly journal?: number;
  readonly timeServer?: readonly string[];
  /** Minutes. */
  readonly history?: number;
  /** Seconds, without end for never. */
  readonly removeSilentAfter?: number;
}

export function nodeCommand(frame: Frame): Command {
  return finished(
    new Command("node")
      .description("run one replica in the foreground; its log goes to standard output")
      .requiredOption("--dir <folder>", "the replica's folder, as `init` made it")
      .addOption(
        new Option("--log-level <level>", "the least level that is logged")
          .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
          .default("info"),
      )
      .option(
        "--journal <mebibytes>",
        "what the journal may take on disk, or off (default: what node.json says, or 32)",
        parseJournalSize,
      )
      .addOption(
        new Option(
          "--time-server <host...>",
          "NTP servers, or chrony for this machine's own (default: what node.json says)",
        ).env("QUORATE_TIME_SERVERS"),
      )
      .option(
        "--history <minutes>",
        "how far back `get --at` reaches, or off (default: what node.json says, or 60)",
        (text: string) => (text === "off" ? 0 : parsePositive(text)),
      )
      .addOption(
        new Option(
          "--remove-silent-after <seconds>",
          "agree to let members go that had no link to it for so long, or never (default: 600)",
        )
          .argParser((text: string) => (text === "never" ? Infinity : parsePositive(text)))
          .env("QUORATE_REMOVE_SILENT_AFTER"),
      )
      .action(async (options: NodeCommandOptions) => {
        const { runReplica } = await import("../../../node/run-replica.ts");
        const { closeInTime, untilToldToEnd } = await import("../until-told-to-end.ts");
        const told = untilToldToEnd();
        const replica = await runReplica({
          folder: options.dir,
          logLevel: options.logLevel,
          journalBytesMax: options.journal,
          timeServers: timeServersOf(options.timeServer),
          historyMinutes: options.history,
          timing: timingOf(options.removeSilentAfter),
        });
        await told;
        await closeInTime(replica);
        frame.exitCode = EXIT_OK;
      }),
    [
      "node --dir ./my-cluster/node-0",
      "node --dir ./my-cluster/node-0 --journal off",
      "node --dir ./my-cluster/node-0 --time-server ntp1.example ntp2.example ntp3.example",
    ],
  );
}

function timingOf(silentSeconds: number | undefined): Partial<Timing> {
  return silentSeconds === undefined ? {} : { silenceMs: silentSeconds * 1000 };
}

/** From the environment they come as one text. */
function timeServersOf(given: readonly string[] | undefined): readonly string[] | undefined {
  return given?.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== "");
}

const MEBIBYTE = 1024 * 1024;

function parseJournalSize(text: string): number {
  return text === "off" ? 0 : parsePositive(text) * MEBIBYTE;
}
