import { VIEWER_PORT_DEFAULT } from "../../launcher/plan-cluster.ts";
import { Argument, Command, Option } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, parsePort } from "../options.ts";

interface ViewCommandOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly gateway?: readonly string[];
}

export function viewCommand(frame: Frame): Command {
  return finished(
    new Command("view")
      .description("show a recording, or a running cluster, in the browser")
      .addArgument(new Argument("[file]", "a recording: a tape of `simulate --record`, a journal"))
      .addOption(folderOption())
      .addOption(
        new Option("--port <port>", "0 picks a free one")
          .argParser(parsePort)
          .default(VIEWER_PORT_DEFAULT),
      )
      .option("--gateway <url...>", "gateways to show beside the replicas, by their counters")
      .option("--host <address>", "where to listen; beyond loopback a token is asked", "127.0.0.1")
      .action(async (file: string | undefined, options: ViewCommandOptions) => {
        const { runViewer } = await import("../../viewer/run-viewer.ts");
        const { closeInTime, untilToldToEnd } = await import("../until-told-to-end.ts");
        const told = untilToldToEnd();
        const viewer = await runViewer({ file, ...options, gateways: options.gateway ?? [] });
        const { url } = viewer;
        // Under a launcher standard output is a log of JSON lines.
        if (process.send === undefined) frame.terminal.result({ url }, lines(url, file));
        else console.log(JSON.stringify({ level: 30, time: Date.now(), url, msg: "listening" }));
        await told;
        await closeInTime(viewer);
        frame.exitCode = EXIT_OK;
      }),
    ["view seed-7.qjournal", "view --dir ./my-cluster"],
  );
}

function lines(url: string, file: string | undefined): string[] {
  const what = file === undefined ? "the running cluster" : file;
  return [`${what} is shown at`, "", `  ${url}`, "", "Ctrl-C ends it."];
}
