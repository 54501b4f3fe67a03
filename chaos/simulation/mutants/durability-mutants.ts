import { hurtBy, struck } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "durability";

export const DURABILITY_MUTANTS: readonly Mutant[] = [
  {
    name: "sent-before-the-flush",
    kind,
    file: "node/host/event-loop.ts",
    find: "figures.flushes++;",
    replace: "this.#carryOut(turn); figures.flushes++;",
  },
  {
    name: "never-flushed",
    kind,
    file: "node/host/event-loop.ts",
    find: "if (turn.records.length === 0) {",
    replace: "if (turn.records.length >= 0) {",
  },
  {
    name: "commit-before-its-certificate",
    kind,
    file: "consensus/replica/agreement.ts",
    find: `round.commitCast = this.#context.castVote(vote, [{ type: "prepared", certificate }]);`,
    replace: "round.commitCast = this.#context.castVote(vote, []);",
  },
  {
    name: "statement-before-the-commit",
    kind,
    file: "consensus/replica/executing.ts",
    find: `this.#context.persist({ type: "committed", certificate: commit });`,
    replace: "",
  },
  {
    name: "votes-forgotten",
    kind,
    aim: struck("when-proposed"),
    file: "consensus/safety.ts",
    find: `if (record.type === "vote") this.#replayVote(record.vote);`,
    replace: "",
  },
  {
    name: "amnesiac-votes",
    kind,
    aim: hurtBy("wipe-machine"),
    file: "consensus/safety.ts",
    find: `safety.#amnesia = "promises are missing";`,
    replace: "safety.#replay([], executed);",
  },
  {
    name: "view-change-not-promised",
    kind,
    file: "consensus/replica/view-changes.ts",
    find: `if (verdict === "first") this.#context.persist({ type: "view-change", epoch, view, body });`,
    replace: "",
  },
  {
    name: "statement-not-promised",
    kind,
    file: "consensus/replica/statements.ts",
    find: `if (verdict === "first") this.#context.persist({ type: "statement", sequence, statement });`,
    replace: "",
  },
  {
    name: "torn-turn-believed",
    kind,
    aim: struck("in-a-flush"),
    file: "node/promises/segment-format.ts",
    find: "if (!equalBytes(checkOfFrame(sha256, salt, frame), stored)) return undefined;",
    replace: "",
  },
  {
    name: "truncated-too-far",
    kind,
    file: "node/promises/promise-log.ts",
    find: "segment.sequenceMax > below",
    replace: "segment.sequenceMax > below + 30",
  },
  {
    name: "no-fdatasync",
    kind,
    aim: hurtBy("crash", "crash-all", "strike"),
    file: "node/promises/promise-log.ts",
    find: "await this.#active.file.sync();",
    replace: "await Promise.resolve();",
  },
];
