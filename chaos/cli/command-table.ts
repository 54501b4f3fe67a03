import type { CommandEntry } from "../../cluster/cli/command-table.ts";

/** First words that belong here stand in bin/quorate.js too, for the cluster imports no chaos. */
export const CHAOS_COMMANDS: readonly CommandEntry[] = [
  {
    words: ["simulate"],
    load: async () => (await import("./commands/simulate.ts")).simulateCommand,
  },
  {
    words: ["history", "check"],
    load: async () => (await import("./commands/history-check.ts")).historyCheckCommand,
  },
  {
    words: ["history", "simulate"],
    load: async () => (await import("./commands/history-simulate.ts")).historySimulateCommand,
  },
  {
    words: ["chaos", "list"],
    load: async () => (await import("./commands/chaos-list.ts")).chaosListCommand,
  },
  {
    words: ["chaos", "run"],
    load: async () => (await import("./commands/chaos-run.ts")).chaosRunCommand,
  },
  {
    words: ["chaos", "matrix"],
    load: async () => (await import("./commands/chaos-matrix.ts")).chaosMatrixCommand,
  },
  {
    words: ["chaos", "soak"],
    load: async () => (await import("./commands/chaos-soak.ts")).chaosSoakCommand,
  },
  {
    words: ["chaos", "exam"],
    load: async () => (await import("./commands/chaos-exam.ts")).chaosExamCommand,
  },
  {
    words: ["chaos", "clean"],
    load: async () => (await import("./commands/chaos-clean.ts")).chaosCleanCommand,
  },
  {
    words: ["chaos", "watch"],
    load: async () => (await import("./commands/chaos-watch.ts")).chaosWatchCommand,
  },
];
