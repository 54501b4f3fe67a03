import { Command } from "commander";
import { formatOption, journalsOption, outOption } from "../../causal/options.ts";
import type { CausalOptions } from "../../causal/options.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function causalPathCommand(frame: Frame): Command {
  return finished(
    new Command("path")
      .description("the fewest steps by which one event led to another; 1 when it did not")
      .argument("<from>", "replica-0#1:17")
      .argument("<to>", "a later one")
      .addOption(journalsOption())
      .addOption(formatOption())
      .addOption(outOption())
      .action(async (from: string, to: string, options: CausalOptions) => {
        const { loadJournals } = await import("../../causal/load-journals.ts");
        const { CausalGraph } = await import("../../../base/journal/causal-graph.ts");
        const { eventCalled } = await import("../../causal/find-events.ts");
        const { showEvents } = await import("../../causal/show-events.ts");
        const journals = await loadJournals(options.journals);
        const graph = new CausalGraph(journals.blocks);
        const path = graph.path(eventCalled(graph, from), eventCalled(graph, to));
        if (path === undefined) {
          frame.terminal.result({ path: null }, [`${from} did not lead to ${to}`]);
          frame.exitCode = EXIT_REFUSED;
          return;
        }
        const answer = { events: path, count: path.length };
        await showEvents(frame, journals, { graph, answer }, options);
        frame.exitCode = EXIT_OK;
      }),
    ["causal path client-3#1:9 replica-2#1:40 --journals seed-7.qjournal"],
  );
}
