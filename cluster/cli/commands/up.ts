import { Command, Option } from "commander";
import { clusterFolder } from "../../cluster-folder.ts";
import type { PreparedCluster } from "../../launcher/prepare-cluster.ts";
import type { Missing } from "../../launcher/detached.ts";
import type { Typed } from "../up-lines.ts";
import { BASE_PORT_DEFAULT, REPLICA_COUNT_DEFAULT } from "../../init/choose-addresses.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  GATEWAY_PORT_DEFAULT,
  parsePort,
  parseWhole,
  reportingOption,
} from "../options.ts";

interface UpCommandOptions {
  readonly dir: string;
  readonly replicas?: number;
  readonly basePort?: number;
  readonly gatewayPort: number;
  readonly viewerPort?: number;
  readonly detach?: true;
  readonly reporting?: true;
}

export function upCommand(frame: Frame): Command {
  return finished(
    new Command("up")
      .description("run a whole cluster and one gateway on this machine; made first if need be")
      .addOption(folderOption())
      .option(
        "--replicas <count>",
        `for a new cluster (default: ${REPLICA_COUNT_DEFAULT})`,
        parseWhole,
      )
      .option(
        "--base-port <port>",
        `for a new cluster; 0 picks free ones (default: ${BASE_PORT_DEFAULT})`,
        parsePort,
      )
      .addOption(
        new Option("--gateway-port <port>", "where build tools knock; 0 picks a free one")
          .argParser(parsePort)
          .default(GATEWAY_PORT_DEFAULT),
      )
      .option(
        "--viewer-port <port>",
        "where the page that shows the cluster is; 0 picks a free one (default: 7490, or a free one)",
        parsePort,
      )
      .option("--detach", "return as soon as it serves")
      .addOption(reportingOption())
      .action(async (options: UpCommandOptions) => {
        const { prepareCluster } = await import("../../launcher/prepare-cluster.ts");
        const prepared = await prepareCluster(options);
        if (options.reporting) {
          const { runReporting } = await import("../../launcher/detached.ts");
          await runReporting(prepared.plan);
        } else if (options.detach) await upDetached(frame, options, prepared);
        else await upInForeground(frame, options, prepared);
        frame.exitCode = EXIT_OK;
      }),
    ["up", "up --dir ./my-cluster --gateway-port 7480 --detach"],
  );
}

async function upDetached(
  frame: Frame,
  options: UpCommandOptions,
  prepared: PreparedCluster,
): Promise<void> {
  const { startDetached } = await import("../../launcher/detached.ts");
  const { gatewayPort, viewerPort } = prepared;
  const args = [
    ...["up", "--dir", prepared.plan.folder],
    ...["--gateway-port", String(gatewayPort), "--viewer-port", String(viewerPort)],
  ];
  const { pid, missing } = await startDetached(args, (missing) =>
    frame.terminal.showLive(waiting(missing)),
  );
  const { upResult } = await import("../up-lines.ts");
  frame.terminal.result(...upResult(prepared, pid, missing, typedAs(frame, options)));
}

async function upInForeground(
  frame: Frame,
  options: UpCommandOptions,
  prepared: PreparedCluster,
): Promise<void> {
  const { runForeground } = await import("../../launcher/foreground.ts");
  const { liveStatus } = await import("../live-status.ts");
  const { upResult } = await import("../up-lines.ts");
  const { terminal } = frame;
  const typed = typedAs(frame, options);
  let stopLive = (): void => undefined;
  try {
    await runForeground(prepared.plan, {
      onWaiting: (missing) => terminal.showLive(waiting([...missing])),
      onServing: (missing) => {
        terminal.result(...upResult(prepared, process.pid, [...missing], typed));
        terminal.note("\nCtrl-C ends it.");
        const folder = clusterFolder(prepared.plan.folder);
        stopLive = liveStatus(terminal, { folder, genesis: prepared.genesis });
      },
      onEnd: (end) => terminal.note(endLine(end)),
      onStopping: () => {
        stopLive();
        terminal.showLive("ending the replicas …");
      },
    });
  } finally {
    stopLive();
    terminal.clearLive();
  }
}

/** How a person who typed this types the next command. */
function typedAs(frame: Frame, options: UpCommandOptions): Typed {
  const quorate = frame.environment["npm_lifecycle_event"] === "start" ? "npx quorate" : "quorate";
  return { quorate, dir: options.dir };
}

function waiting(missing: Missing): string {
  return `starting: waiting for ${missing.map(([name]) => name).join(", ")}`;
}

function endLine(end: {
  readonly name: string;
  readonly cause: number | string;
  readonly lastWords: string;
  readonly restartInMs: number | undefined;
}): string {
  const words = end.lastWords.split("\n")[0];
  const again = end.restartInMs === undefined ? "" : `; again in ${end.restartInMs} ms`;
  return `${end.name} ended (${end.cause})${words ? `: ${words}` : ""}${again}`;
}
