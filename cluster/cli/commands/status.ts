import { Command } from "commander";
import { clusterFolder } from "../../cluster-folder.ts";
import type { ClusterStatus, ReplicaLine } from "../../status/cluster-status.ts";
import { EXIT_OK, EXIT_UNREACHABLE } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

/** A live replica on another continent answers in far less. */
const ANSWER_MS_MAX = 3000;
const ROOT_SHOWN = 12;

export function statusCommand(frame: Frame): Command {
  return finished(
    new Command("status")
      .description("what each replica says of itself")
      .addOption(folderOption())
      .action(async (options: { readonly dir: string }) => {
        const { readClusterFolder } = await import("../../read-genesis.ts");
        const { clusterStatus } = await import("../../status/cluster-status.ts");
        const { knownEpochs } = await import("../../membership/known-epochs.ts");
        const folder = clusterFolder(options.dir);
        const { genesis } = readClusterFolder(folder);
        const { newest } = await knownEpochs(folder, genesis);
        const status = await clusterStatus(genesis, newest, ANSWER_MS_MAX);
        frame.terminal.result(status, describe(status, frame.terminal));
        frame.exitCode = status.replicas.some(({ alive }) => alive) ? EXIT_OK : EXIT_UNREACHABLE;
      }),
    ["status", "status --dir ./my-cluster --json"],
  );
}

function describe(status: ClusterStatus, terminal: Terminal): string[] {
  const { name, cluster, epoch, n, f, view, primary } = status;
  return [
    `${terminal.paint("bold", name)}  ${cluster}`,
    `epoch ${epoch}  n ${n}  f ${f}  view ${view ?? "-"}  primary ${primary ?? "-"}`,
    "",
    "  id  address                pid      sequence    root          state",
    ...status.replicas.map((line) => describeReplica(line, terminal)),
  ];
}

function describeReplica(line: ReplicaLine, terminal: Terminal): string {
  const columns = [
    String(line.id).padStart(4),
    line.address.padEnd(21),
    String(line.pid ?? "-").padEnd(7),
    String(line.sequence ?? "-").padEnd(10),
    (line.stateRoot ?? "-").slice(0, ROOT_SHOWN).padEnd(ROOT_SHOWN),
    stateOf(line, terminal),
  ];
  return columns.join("  ");
}

/** What a replica holds against others stands beside whatever state it is in. */
function stateOf(line: ReplicaLine, terminal: Terminal): string {
  const state = conditionOf(line, terminal);
  const open = line.accused.filter((accused) => !line.quarantined.includes(accused));
  const words = [
    ...(open.length > 0 ? [`holds evidence against ${open.join(", ")}`] : []),
    ...(line.quarantined.length > 0 ? [`has ${line.quarantined.join(", ")} in quarantine`] : []),
  ];
  return [state, ...words.map((text) => terminal.paint("red", text))].join(", ");
}

function conditionOf(line: ReplicaLine, terminal: Terminal): string {
  if (!line.alive) return terminal.paint("red", `dead (${line.reasons.join(", ")})`);
  if (line.ready) return terminal.paint("green", "ready");
  const words = [
    ...(line.amnesiac ? ["amnesiac"] : []),
    ...(line.halted ? ["halted"] : []),
    ...(line.transferring ? ["transferring"] : []),
  ];
  const what = words.length > 0 ? words : line.reasons;
  return terminal.paint("yellow", what.length > 0 ? what.join(", ") : "not ready");
}
