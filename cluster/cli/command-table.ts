import type { Command } from "commander";
import type { Frame } from "./frame.ts";

export interface CommandEntry {
  /** What a person types: one word, or a group and a word. */
  readonly words: readonly [string] | readonly [group: string, word: string];
  /** Loads the command's file, so that a run pays for its own command only. */
  readonly load: () => Promise<(frame: Frame) => Command>;
}

/** In the order in which people need them. Those of chaos/ stand in its own table. */
export const COMMAND_TABLE: readonly CommandEntry[] = [
  { words: ["up"], load: async () => (await import("./commands/up.ts")).upCommand },
  { words: ["down"], load: async () => (await import("./commands/down.ts")).downCommand },
  { words: ["status"], load: async () => (await import("./commands/status.ts")).statusCommand },
  {
    words: ["time", "status"],
    load: async () => (await import("./commands/time-status.ts")).timeStatusCommand,
  },
  { words: ["doctor"], load: async () => (await import("./commands/doctor.ts")).doctorCommand },
  { words: ["view"], load: async () => (await import("./commands/view.ts")).viewCommand },
  { words: ["put"], load: async () => (await import("./commands/put.ts")).putCommand },
  { words: ["get"], load: async () => (await import("./commands/get.ts")).getCommand },
  { words: ["state"], load: async () => (await import("./commands/state.ts")).stateCommand },
  { words: ["stat"], load: async () => (await import("./commands/stat.ts")).statCommand },
  { words: ["ls"], load: async () => (await import("./commands/ls.ts")).lsCommand },
  { words: ["delete"], load: async () => (await import("./commands/delete.ts")).deleteCommand },
  {
    words: ["receipt", "verify"],
    load: async () => (await import("./commands/receipt-verify.ts")).receiptVerifyCommand,
  },
  {
    words: ["evidence", "verify"],
    load: async () => (await import("./commands/evidence-verify.ts")).evidenceVerifyCommand,
  },
  {
    words: ["evidence", "submit"],
    load: async () => (await import("./commands/evidence-submit.ts")).evidenceSubmitCommand,
  },
  {
    words: ["mm", "verify"],
    load: async () => (await import("./commands/mm-verify.ts")).mmVerifyCommand,
  },
  {
    words: ["mm", "key"],
    load: async () => (await import("./commands/mm-key.ts")).mmKeyCommand,
  },
  {
    words: ["mm", "import"],
    load: async () => (await import("./commands/mm-import.ts")).mmImportCommand,
  },
  {
    words: ["mm", "export"],
    load: async () => (await import("./commands/mm-export.ts")).mmExportCommand,
  },
  {
    words: ["causal", "history"],
    load: async () => (await import("./commands/causal-history.ts")).causalHistoryCommand,
  },
  {
    words: ["causal", "path"],
    load: async () => (await import("./commands/causal-path.ts")).causalPathCommand,
  },
  {
    words: ["causal", "concurrent"],
    load: async () => (await import("./commands/causal-concurrent.ts")).causalConcurrentCommand,
  },
  {
    words: ["causal", "verify"],
    load: async () => (await import("./commands/causal-verify.ts")).causalVerifyCommand,
  },
  {
    words: ["causal", "watch"],
    load: async () => (await import("./commands/causal-watch.ts")).causalWatchCommand,
  },
  {
    words: ["policy", "show"],
    load: async () => (await import("./commands/policy-show.ts")).policyShowCommand,
  },
  {
    words: ["policy", "set"],
    load: async () => (await import("./commands/policy-set.ts")).policySetCommand,
  },
  {
    words: ["member", "list"],
    load: async () => (await import("./commands/member-list.ts")).memberListCommand,
  },
  {
    words: ["member", "add"],
    load: async () => (await import("./commands/member-add.ts")).memberAddCommand,
  },
  {
    words: ["member", "remove"],
    load: async () => (await import("./commands/member-remove.ts")).memberRemoveCommand,
  },
  {
    words: ["member", "replace"],
    load: async () => (await import("./commands/member-replace.ts")).memberReplaceCommand,
  },
  { words: ["resume"], load: async () => (await import("./commands/resume.ts")).resumeCommand },
  {
    words: ["writer", "add"],
    load: async () => (await import("./commands/writer-add.ts")).writerAddCommand,
  },
  {
    words: ["writer", "revoke"],
    load: async () => (await import("./commands/writer-revoke.ts")).writerRevokeCommand,
  },
  {
    words: ["disputes"],
    load: async () => (await import("./commands/disputes.ts")).disputesCommand,
  },
  {
    words: ["disputes", "resolve"],
    load: async () => (await import("./commands/disputes-resolve.ts")).disputesResolveCommand,
  },
  {
    words: ["cnf", "check"],
    load: async () => (await import("./commands/cnf-check.ts")).cnfCheckCommand,
  },
  {
    words: ["cnf", "key"],
    load: async () => (await import("./commands/cnf-key.ts")).cnfKeyCommand,
  },
  {
    words: ["cnf", "solve"],
    load: async () => (await import("./commands/cnf-solve.ts")).cnfSolveCommand,
  },
  {
    words: ["cnf", "prove"],
    load: async () => (await import("./commands/cnf-prove.ts")).cnfProveCommand,
  },
  { words: ["resolve"], load: async () => (await import("./commands/resolve.ts")).resolveCommand },
  { words: ["open"], load: async () => (await import("./commands/open.ts")).openCommand },
  { words: ["worker"], load: async () => (await import("./commands/worker.ts")).workerCommand },
  { words: ["gateway"], load: async () => (await import("./commands/gateway.ts")).gatewayCommand },
  {
    words: ["cache", "stats"],
    load: async () => (await import("./commands/cache-stats.ts")).cacheStatsCommand,
  },
  {
    words: ["cache", "clean"],
    load: async () => (await import("./commands/cache-clean.ts")).cacheCleanCommand,
  },
  {
    words: ["cache", "verify"],
    load: async () => (await import("./commands/cache-verify.ts")).cacheVerifyCommand,
  },
  { words: ["stats"], load: async () => (await import("./commands/stats.ts")).statsCommand },
  { words: ["explain"], load: async () => (await import("./commands/explain.ts")).explainCommand },
  {
    words: ["audit", "report"],
    load: async () => (await import("./commands/audit-report.ts")).auditReportCommand,
  },
  { words: ["init"], load: async () => (await import("./commands/init.ts")).initCommand },
  { words: ["node"], load: async () => (await import("./commands/node.ts")).nodeCommand },
  {
    words: ["key", "new"],
    load: async () => (await import("./commands/key-new.ts")).keyNewCommand,
  },
  {
    words: ["key", "rotate"],
    load: async () => (await import("./commands/key-rotate.ts")).keyRotateCommand,
  },
];

export const GROUP_SUMMARIES: ReadonlyMap<string, string> = new Map([
  ["receipt", "check answers offline"],
  ["time", "how well the replicas' clocks are kept"],
  ["policy", "who may write where, and what confirms an entry"],
  ["member", "who votes: admit replicas, let them go, put new ones in their place"],
  ["writer", "enrol and revoke writers"],
  ["disputes", "entries on which operators differ"],
  ["key", "make keys"],
  ["audit", "what tools made again, and how it compared"],
  ["cache", "this machine's cache: what is in it, and whether it holds"],
  ["cnf", "check proofs and models of formulas; find them and share them"],
  ["mm", "check Metamath proofs; share whole databases of them"],
  ["evidence", "proofs against replicas"],
  ["history", "judge what clients saw"],
  ["chaos", "hurt clusters of real processes, and judge them"],
  ["causal", "ask journals and recordings what led to what"],
]);
