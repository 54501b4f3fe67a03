import { Command } from "commander";
import { formatOption, journalsOption, limitOption, outOption } from "../../causal/options.ts";
import type { CausalOptions } from "../../causal/options.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function causalConcurrentCommand(frame: Frame): Command {
  return finished(
    new Command("concurrent")
      .description("what neither led to an event nor followed from it, the nearest first")
      .argument("<event>", "replica-0#1:17")
      .addOption(journalsOption())
      .addOption(limitOption())
      .addOption(formatOption())
      .addOption(outOption())
      .action(async (what: string, options: CausalOptions) => {
        const { loadJournals } = await import("../../causal/load-journals.ts");
        const { CausalGraph } = await import("../../../base/journal/causal-graph.ts");
        const { eventCalled } = await import("../../causal/find-events.ts");
        const { showEvents } = await import("../../causal/show-events.ts");
        const journals = await loadJournals(options.journals);
        const graph = new CausalGraph(journals.blocks);
        const answer = graph.concurrent(eventCalled(graph, what), options.limit);
        await showEvents(frame, journals, { graph, answer }, options);
        frame.exitCode = EXIT_OK;
      }),
    ["causal concurrent replica-0#1:17 --journals seed-7.qjournal"],
  );
}
