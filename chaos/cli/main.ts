import { main as runCommand } from "../../cluster/cli/main.ts";
import { CHAOS_COMMANDS } from "./command-table.ts";

/** Runs one command line of this room; `bin/quorate.js` chooses between it and the cluster's. */
export async function main(argv: readonly string[]): Promise<never> {
  return runCommand(argv, CHAOS_COMMANDS);
}
