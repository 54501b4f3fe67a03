import { byzantineFault } from "../../faults/byzantine.ts";
import { clockFault } from "../../faults/clock.ts";
import { killFault } from "../../faults/kill.ts";
import { wipedStoreFault } from "../../faults/damaged-store.ts";
import type { Experiment } from "../experiment.ts";

const HOLD_MS = 4_000;
/** One lie may be told to somebody who is not listening just then. */
const CONVICTING_LIE_COUNT = 3;

function lying(
  name: string,
  lies: string,
  summary: string,
  more: Partial<Experiment> = {},
): Experiment {
  return {
    ...{ name, summary, repetitions: 3, holdMs: HOLD_MS },
    faults: () => [byzantineFault(lies, more.convicts === true ? CONVICTING_LIE_COUNT : 1)],
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
    ...more,
  };
}

/** A replica that lies, with its own true key. */
export const BYZANTINE: readonly Experiment[] = [
  lying("equivocation", "equivocate", "the primary tells one backup of another batch", {
    convicts: true,
    repetitions: 10,
  }),
  lying(
    "equivocation-to-each",
    "equivocate-to-each",
    "the primary tells each backup another batch",
  ),
  lying("wrong-statements", "wrong-statements", "two roots for one sequence, both signed", {
    convicts: true,
  }),
  lying("cheated-clients", "cheat-clients", "old, forged and wrong answers to whoever reads"),
  lying("forged-roots", "forged-roots", "certificates of its own making, and false refusals"),
  lying("one-signer", "one-signer", "receipts of other values, signed by the liar alone Q times"),
  lying("silent-primary", "silent", "the primary hears everything and says nothing", {
    marks: [{ figure: "writeGapMs", most: 1_200 }],
    repetitions: 10,
  }),
  lying("slow-primary", "slow", "the primary proposes just before it would be suspected", {
    holdMs: 12_000,
    marks: [{ figure: "afterShare", least: 0.85 }],
  }),
  lying("censoring-primary", "censor", "the primary orders nothing that it is asked to", {
    marks: [{ figure: "writeGapMs", most: 2_000 }],
    repetitions: 10,
  }),
  lying("left-out-backup", "leaveOut", "the primary leaves one backup out of each proposal"),
  lying("replayed-messages", "replay", "one message in five is followed by an old one"),
  lying("forged-messages", "forge", "one message in five is changed after it was signed"),
  lying("malformed-messages", "malformed", "one message in five is followed by noise"),
  {
    name: "lying-transfer",
    summary: "a replica without its store asks a liar for the state",
    repetitions: 3,
    faults: () => [byzantineFault("transfer"), wipedStoreFault([3])],
    holdMs: 2_000,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
  {
    name: "lying-clock",
    summary: "the primary's clock is an hour ahead: nobody follows it",
    repetitions: 3,
    faults: () => [
      clockFault({ kind: "lying-clock", of: [0], settings: [{ offsetSeconds: 3600 }] }),
    ],
    holdMs: HOLD_MS,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
  {
    name: "liar-and-crash",
    summary: "of seven replicas one lies and another is killed: f is used up",
    repetitions: 3,
    replicaCount: 7,
    faults: () => [byzantineFault("everything"), killFault([5])],
    holdMs: HOLD_MS,
    convicts: true,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
];
