import { both, lagging, lagsFarBehind, liesBy } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "checkpoint and transfer";

export const TRANSFER_MUTANTS: readonly Mutant[] = [
  {
    name: "rows-believed",
    kind,
    aim: both(liesBy("lie-in-transfer"), lagging),
    file: "consensus/map/map-transfer.ts",
    find: "if (!equalBytes(rowHash(this.#hash, row), asked.rowHash)) continue;",
    replace: "",
  },
  {
    name: "one-statement-counts-often",
    kind,
    aim: liesBy("stand-for-many"),
    file: "consensus/certificates.ts",
    find: `if (author <= previous || author >= committee.members.length) return "statement's authors";`,
    replace: `if (author >= committee.members.length) return "statement's authors";`,
  },
  {
    name: "statements-of-f-plus-1",
    kind,
    aim: liesBy("lie-in-statements"),
    file: "consensus/replica/statements.ts",
    find: "if (equal.length < this.#context.quorum) return;",
    replace: "if (equal.length < this.#context.weakQuorum) return;",
  },
  {
    name: "f-equal-statements-are-enough",
    kind,
    aim: liesBy("lie-in-statements", "lie-in-heartbeats"),
    file: "consensus/committee.ts",
    find: "return committee.faultyMax + 1;",
    replace: "return committee.faultyMax;",
  },
  {
    name: "weak-root-taken-for-certified",
    kind,
    file: "consensus/replica/replica.ts",
    find: "const isWeak = isWeakCertificate(committee, certificate);",
    replace: "const isWeak = false;",
  },
  {
    name: "checkpoints-never-stable",
    kind,
    file: "consensus/replica/checkpoints.ts",
    find: "while (next <= executed) {",
    replace: "while (false) {",
  },
  {
    name: "sessions-outlive-a-transfer",
    kind,
    aim: lagging,
    file: "consensus/execution/state.ts",
    find: "this.#sessions.clear();",
    replace: "",
  },
  {
    name: "transfer-from-the-past",
    kind,
    aim: lagsFarBehind,
    file: "node/host/state-transfer.ts",
    find: "this.#closeIfMoved();",
    replace: "",
  },
  {
    name: "executes-during-a-transfer",
    kind,
    aim: lagsFarBehind,
    file: "consensus/replica/executing.ts",
    find: "return executed < this.#log.end && transferring === undefined && !halted;",
    replace: "return executed < this.#log.end && !halted;",
  },
  {
    name: "deletions-not-transferred",
    kind,
    aim: lagging,
    file: "consensus/map/map-transfer.ts",
    find: "else this.#changes.set(text, { key, row: undefined });",
    replace: "",
  },
  {
    name: "nothing-released",
    kind,
    file: "consensus/replica/checkpoints.ts",
    find: "this.#context.application.release(kept);",
    replace: "",
  },
];
