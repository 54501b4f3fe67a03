import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { BASE_PORT_DEFAULT, REPLICA_COUNT_DEFAULT } from "../../init/choose-addresses.ts";
import { finished, folderOption, parsePort, parseWhole } from "../options.ts";

interface InitCommandOptions {
  readonly dir: string;
  readonly replicas?: number;
  readonly basePort?: number;
  readonly hosts?: string;
  readonly allowPlainText: boolean;
}

export function initCommand(frame: Frame): Command {
  return finished(
    new Command("init")
      .description("make the keys and folders of a new cluster")
      .addOption(folderOption())
      .option(
        "--replicas <count>",
        `how many, 4 or more (default: ${REPLICA_COUNT_DEFAULT})`,
        parseWhole,
      )
      .option(
        "--base-port <port>",
        `first of their ports on this machine; 0 picks free ones (default: ${BASE_PORT_DEFAULT})`,
        parsePort,
      )
      .option("--hosts <list>", "host:port of each replica, by commas, for several machines")
      .option(
        "--allow-plain-text",
        "have replicas on other machines reached without encryption",
        false,
      )
      .action(async (options: InitCommandOptions) => {
        const { createCluster } = await import("../../init/create-cluster.ts");
        const { chooseAddresses } = await import("../../init/choose-addresses.ts");
        const addresses = await chooseAddresses(options);
        const made = createCluster({ folder: options.dir, addresses, nowMs: Date.now() });
        frame.terminal.result(made, [
          `made ${made.dir}: ${made.n} replicas, ${made.f} of which may lie`,
          ...made.replicas.map(({ id, address, dir }) => `  replica ${id}  ${address}  ${dir}`),
          `  public    ${made.clusterFile}`,
          `  operator  ${made.operatorKey}  (keep it off the replicas' machines)`,
          `  writer    ${made.writerKey}`,
          options.hosts === undefined
            ? `next: quorate up --dir ${options.dir}`
            : `next: move each node folder to its machine, and run there: quorate node --dir node-<i>`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["init --dir ./my-cluster", "init --dir ./my-cluster --hosts a:7400,b:7400,c:7400,d:7400"],
  );
}
