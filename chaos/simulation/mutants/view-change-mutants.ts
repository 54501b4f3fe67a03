import { both, hurtBy, liesBy, struck } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "view change";

export const VIEW_CHANGE_MUTANTS: readonly Mutant[] = [
  {
    name: "votes-before-the-new-view",
    kind,
    aim: hurtBy("isolate-primary", "strike"),
    file: "consensus/replica/view-changes.ts",
    find: "this.#context.active = false;",
    replace: "",
  },
  {
    name: "prepared-concealed",
    kind,
    aim: hurtBy("isolate-primary", "strike"),
    file: "consensus/replica/view-changes.ts",
    find: "const prepared = this.#log.above(low).flatMap((instance) => instance.prepared ?? []);",
    replace: "const prepared = [];",
  },
  {
    name: "lower-view-proposed-again",
    kind,
    aim: struck("when-prepared"),
    file: "consensus/replica/reproposals.ts",
    find: "if (held === undefined || held.view < view) highest.set(sequence, certificate);",
    replace: "if (held === undefined || held.view > view) highest.set(sequence, certificate);",
  },
  {
    name: "gaps-not-filled",
    kind,
    aim: hurtBy("isolate-primary", "strike"),
    file: "consensus/replica/reproposals.ts",
    find: "list.push({ sequence, digest: highest.get(sequence)?.digest ?? nullDigest });",
    replace:
      "if (highest.has(sequence)) list.push({ sequence, digest: highest.get(sequence)?.digest ?? nullDigest });",
  },
  {
    name: "new-view-not-recomputed",
    kind,
    aim: liesBy("lie-in-view-change"),
    file: "consensus/replica/new-views.ts",
    find: "if (!equalLists(message.reproposals, list)) {",
    replace: "if (false) {",
  },
  {
    name: "new-view-of-fewer",
    kind,
    aim: liesBy("lie-in-view-change"),
    file: "consensus/verifier.ts",
    find: `if (count !== quorumOf(committee)) return refuse("new-view without a quorum");`,
    replace: "",
  },
  {
    name: "view-change-believed",
    kind,
    aim: liesBy("lie-in-view-change"),
    file: "consensus/verifier.ts",
    find: "for (const prepared of viewChange.prepared) {",
    replace: "for (const prepared of []) {",
  },
  {
    name: "view-change-forgotten",
    kind,
    aim: struck("when-leaving"),
    file: "consensus/safety.ts",
    find: "this.#replayView(this.#viewChanges, record.view, record.body);",
    replace: "",
  },
  {
    name: "primary-never-suspected",
    kind,
    file: "consensus/replica/requests.ts",
    find: "if (waitedMs >= timeoutMs) suspicious = true;",
    replace: "",
  },
  {
    name: "gone-on-does-not-count",
    kind,
    aim: both(struck("when-asking"), liesBy("mute")),
    file: "consensus/replica/view-changes.ts",
    find: "message.newView >= view",
    replace: "message.newView === view",
  },
  {
    name: "first-prepared-kept",
    kind,
    aim: hurtBy("isolate-primary", "strike"),
    file: "consensus/replica/agreement.ts",
    find: "if (instance.prepared === undefined || instance.prepared.view < round.view) {",
    replace: "if (instance.prepared === undefined) {",
  },
];
