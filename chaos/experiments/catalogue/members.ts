import { byzantineFault } from "../../faults/byzantine.ts";
import { lyingMemberFault } from "../../faults/lying-member.ts";
import { membershipFault } from "../../faults/membership.ts";
import { between, partitionFault } from "../../faults/partition.ts";
import { pauseFault } from "../../faults/pause.ts";
import type { Experiment } from "../experiment.ts";

const NO_FAILED_READ = { figure: "failedReadsOfKnown", most: 0 };
const REPETITIONS = 3;
const HOLD_MS = 500;

/** Members that come and go while writers write. */
export const MEMBERS: readonly Experiment[] = [
  {
    name: "members-change",
    summary: "a member joins, a founder goes, another is replaced, under load",
    repetitions: REPETITIONS,
    joinerCount: 2,
    faults: () => [membershipFault(["add", { remove: 0 }, { replace: 1 }])],
    holdMs: HOLD_MS,
    marks: [{ figure: "writeGapMs", most: 1_000 }, NO_FAILED_READ],
  },
  {
    name: "members-change-asleep",
    summary: "the same while one member is stopped: it wakes three epochs later",
    repetitions: REPETITIONS,
    joinerCount: 2,
    faults: () => [pauseFault([3]), membershipFault(["add", { remove: 0 }, { replace: 1 }])],
    holdMs: HOLD_MS,
    marks: [NO_FAILED_READ],
  },
  {
    name: "members-change-cut",
    summary: "a member joins while another is cut off from its peers, and hears of it after",
    needsLinks: true,
    repetitions: REPETITIONS,
    joinerCount: 1,
    faults: () => [
      partitionFault({ kind: "partition-backup", cutOf: () => between([3], [0, 1, 2, 4]) }),
      membershipFault(["add"]),
    ],
    holdMs: HOLD_MS,
    marks: [NO_FAILED_READ],
  },
  {
    name: "members-change-lied-to",
    summary: "a member joins and the liar is removed, who tells every lie up to its end",
    repetitions: REPETITIONS,
    joinerCount: 1,
    faults: () => [byzantineFault("everything"), membershipFault(["add", { remove: 0 }])],
    holdMs: HOLD_MS,
    marks: [NO_FAILED_READ],
  },
  {
    name: "retired-keys",
    summary: "three of four founders are replaced, and a liar signs with their old keys",
    repetitions: REPETITIONS,
    joinerCount: 3,
    faults: () => [
      membershipFault([{ replace: 0 }, { replace: 1 }, { replace: 2 }]),
      lyingMemberFault(3, "retired-keys"),
    ],
    holdMs: 2_000,
    marks: [NO_FAILED_READ],
  },
];
