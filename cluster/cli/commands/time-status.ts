import { Command } from "commander";
import { clusterFolder } from "../../cluster-folder.ts";
import type { TimeAnswer } from "../../time/ask-time.ts";
import { EXIT_OK, EXIT_UNREACHABLE } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

const ANSWER_MS_MAX = 3000;

export function timeStatusCommand(frame: Frame): Command {
  return finished(
    new Command("status")
      .description("what each replica's clock says of itself, and of the servers that it asks")
      .addOption(folderOption())
      .action(async (options: { readonly dir: string }) => {
        const { readClusterFolder } = await import("../../read-genesis.ts");
        const { askTime } = await import("../../time/ask-time.ts");
        const { members } = readClusterFolder(clusterFolder(options.dir)).genesis;
        const answers = await Promise.all(
          members.map((member, replica) => askTime(replica, member, ANSWER_MS_MAX)),
        );
        frame.terminal.result(
          { replicas: answers },
          answers.flatMap((answer) => describe(answer, frame.terminal)),
        );
        frame.exitCode = answers.some((answer) => "time" in answer) ? EXIT_OK : EXIT_UNREACHABLE;
      }),
    ["time status", "time status --dir ./my-cluster --json"],
  );
}

function describe(answer: TimeAnswer, terminal: Terminal): string[] {
  const head = `${String(answer.replica).padStart(4)}  ${answer.address.padEnd(21)}`;
  if ("why" in answer) return [`${head}  ${terminal.paint("red", `no answer (${answer.why})`)}`];
  const { state, certain, errorMs, machineMs, leadMs, servers } = answer.time;
  const words = [
    terminal.paint(certain ? "green" : "yellow", state),
    ...(certain ? [] : ["no judge of time"]),
    errorMs === null ? "no bound" : `± ${milliseconds(errorMs)}`,
    `machine ${signed(machineMs)}`,
    ...(leadMs >= 1 ? [`logical clock ${signed(leadMs)}`] : []),
  ];
  const lines = servers.map((one) => {
    const offset =
      one.offsetMs === null ? "" : `${signed(one.offsetMs)} ± ${milliseconds(one.errorMs ?? 0)}`;
    const why = one.why === null ? "" : `(${one.why})`;
    return `        ${one.name.padEnd(30)}  ${one.verdict.padEnd(14)}  ${offset}${why}`.trimEnd();
  });
  return [`${head}  ${words.join("  ")}`, ...lines];
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 2 : 0)} ms`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${milliseconds(Math.abs(value))}`;
}
