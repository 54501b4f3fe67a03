import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";

const LOOK_MS = 500;

export function causalWatchCommand(frame: Frame): Command {
  return finished(
    new Command("watch")
      .description("judge the replicas' journals while they are written; 1 if anything was found")
      .addOption(folderOption())
      .action(async ({ dir }: { readonly dir: string }) => {
        const { readClusterFolder } = await import("../../read-genesis.ts");
        const { clusterFolder } = await import("../../cluster-folder.ts");
        const { CausalityWatch } = await import("../../causal/causality-watch.ts");
        const { JournalSource } = await import("../../viewer/journal-source.ts");
        const { describeFinding } = await import("../../../base/journal/causality-verifier.ts");
        const { untilToldToEnd } = await import("../until-told-to-end.ts");
        const { terminal } = frame;
        const told = untilToldToEnd();
        const { members } = readClusterFolder(clusterFolder(dir)).genesis;
        const names = members.map((_, member) => `replica-${member}`);
        const watch = new CausalityWatch(names, (finding) => {
          terminal.note(describeFinding(finding));
        });
        const sources = members.map(
          ({ address }, member) =>
            new JournalSource(
              { name: names[member]!, address },
              {
                onOpen: () => watch.opened(member),
                onBytes: (bytes) => watch.took(member, bytes),
                onMissed: () => undefined,
                onState: () => undefined,
              },
            ),
        );
        const timer = setInterval(() => {
          const heard = sources.filter(({ state }) => state.state === "streaming").length;
          terminal.showLive(`${heard} of ${names.length} replicas, ${watch.eventCount} events`);
        }, LOOK_MS);
        await told;
        clearInterval(timer);
        for (const source of sources) source.close();
        const { eventCount: events, findingCount, foreignCount: foreign } = watch;
        terminal.result({ events, findingCount, foreign }, [
          `${events} events: ` +
            (findingCount === 0
              ? "one history"
              : `${findingCount} things that cannot have happened`),
        ]);
        frame.exitCode = findingCount === 0 ? EXIT_OK : EXIT_REFUSED;
      }),
    ["causal watch --dir ./my-cluster"],
  );
}
