import { Command } from "commander";
import { formatOption, journalsOption, limitOption, outOption } from "../../causal/options.ts";
import type { CausalOptions } from "../../causal/options.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function causalHistoryCommand(frame: Frame): Command {
  return finished(
    new Command("history")
      .description("what led to an event, or to the last one that tells of a key")
      .argument("<event|key>", "replica-0#1:17, or four letters or more of a key or digest")
      .addOption(journalsOption())
      .addOption(limitOption())
      .option("--effects", "what it led to instead", false)
      .addOption(formatOption())
      .addOption(outOption())
      .action(async (what: string, options: CausalOptions & { readonly effects: boolean }) => {
        const { loadJournals } = await import("../../causal/load-journals.ts");
        const { CausalGraph } = await import("../../../base/journal/causal-graph.ts");
        const { eventAbout, nameOf } = await import("../../causal/find-events.ts");
        const { showEvents } = await import("../../causal/show-events.ts");
        const journals = await loadJournals(options.journals);
        const graph = new CausalGraph(journals.blocks);
        const event = eventAbout(graph, what);
        frame.terminal.note(
          `${options.effects ? "effects" : "history"} of ${nameOf(graph, event)}`,
        );
        const answer = options.effects
          ? graph.effects(event, options.limit)
          : graph.history(event, options.limit);
        await showEvents(frame, journals, { graph, answer }, options);
        frame.exitCode = EXIT_OK;
      }),
    [
      "causal history default/0123abcd --journals ./my-cluster",
      "causal history client-3#1:9 --journals seed-7.qjournal --format shiviz --out why.log",
    ],
  );
}
