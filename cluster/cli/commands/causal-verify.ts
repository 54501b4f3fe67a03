import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

/** Lines of each sort; --json has up to a thousand. */
const SHOWN_COUNT_MAX = 20;

export function causalVerifyCommand(frame: Frame): Command {
  return finished(
    new Command("verify")
      .description("check that journals tell one history that can have happened; 1 when not")
      .argument("<path>", "a recording, or a folder with some: a cluster's, a node's")
      .action(async (path: string) => {
        const { loadJournals } = await import("../../causal/load-journals.ts");
        const { verifyJournals } = await import("../../causal/verify-journals.ts");
        const { describeFinding } = await import("../../../base/journal/causality-verifier.ts");
        const verdict = verifyJournals(await loadJournals(path));
        const { files, events, findingCount, findings, gaps, damaged } = verdict;
        frame.terminal.result(verdict, [
          `${files} files, ${events} events: ` +
            (findingCount === 0
              ? "one history"
              : `${findingCount} things that cannot have happened`),
          ...findings.slice(0, SHOWN_COUNT_MAX).map((finding) => `  ${describeFinding(finding)}`),
          ...gaps.slice(0, SHOWN_COUNT_MAX).map(({ author, from, to }) => {
            return `  not here: ${author.name}#${author.incarnation}:${from} to ${to}`;
          }),
          ...damaged.slice(0, SHOWN_COUNT_MAX).map(({ file, offset, size, why }) => {
            return `  unreadable: ${size} bytes at ${offset} of ${file} (${why})`;
          }),
        ]);
        frame.exitCode = findingCount === 0 ? EXIT_OK : EXIT_REFUSED;
      }),
    ["causal verify ./my-cluster", "causal verify seed-7.qjournal --json"],
  );
}
