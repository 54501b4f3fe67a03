import { connectionResetFault } from "../../faults/connection-reset.ts";
import {
  halves,
  onePair,
  partitionFault,
  primaryAlone,
  primaryUnheard,
  ring,
} from "../../faults/partition.ts";
import type { PartitionOptions } from "../../faults/partition.ts";
import { shapedLinksFault } from "../../faults/shaped-links.ts";
import type { LinkRule } from "../../network/link-rule.ts";
import type { Experiment, Mark } from "../experiment.ts";

const NO_FAILED_READ: Mark = { figure: "failedReadsOfKnown", most: 0 };

function shaped(name: string, summary: string, rule: LinkRule, clients = false): Experiment {
  return {
    ...{ name, summary, needsLinks: true, repetitions: 3, holdMs: 4_000 },
    faults: () => [shapedLinksFault({ kind: name, rule, of: "all", clients })],
    marks: [NO_FAILED_READ],
  };
}

function cut(
  name: string,
  summary: string,
  cutOf: PartitionOptions["cutOf"],
  more: {
    readonly flapMs?: number;
    readonly marks?: readonly Mark[];
    readonly holdMs?: number;
  } = {},
): Experiment {
  const { flapMs, marks = [NO_FAILED_READ], holdMs = 3_000 } = more;
  return {
    ...{ name, summary, needsLinks: true, repetitions: 3, holdMs, marks },
    faults: () => [
      partitionFault({ kind: name, cutOf, ...(flapMs === undefined ? {} : { flapMs }) }),
    ],
  };
}

/** What networks do. */
export const LINKS: readonly Experiment[] = [
  cut("partition-primary", "the primary is cut off from everybody", primaryAlone, {
    marks: [{ figure: "writeGapMs", most: 1_200 }, NO_FAILED_READ],
  }),
  cut("partition-halves", "two halves, neither of which has a quorum", halves, {
    marks: [{ figure: "recoveryMs", most: 1_200 }],
  }),
  cut(
    "partition-one-way",
    "what the primary says to its peers is lost, the rest arrives",
    primaryUnheard,
    {
      marks: [{ figure: "writeGapMs", most: 1_200 }, NO_FAILED_READ],
    },
  ),
  cut("partition-ring", "each replica hears its two neighbours only", ring),
  cut("partition-one-pair", "the primary and one backup do not hear each other", onePair),
  cut("partition-flapping", "the primary is cut off and back, twice a second", primaryAlone, {
    flapMs: 500,
    holdMs: 6_000,
  }),
  shaped("duplication", "one message in five arrives twice", { duplicateShare: 0.2 }),
  shaped("reordering", "one message in five is passed by later ones", { reorderShare: 0.2 }),
  shaped("corruption", "one message in fifty has a bit turned", { corruptShare: 0.02 }),
  shaped("slow-link", "every link carries 400 kB a second", { bytesPerSecond: 400_000 }),
  shaped(
    "lossy-clients",
    "clients and replicas lose one message in fifty",
    { lossShare: 0.02 },
    true,
  ),
  {
    name: "connection-reset",
    summary: "a random connection between replicas ends, five times a second",
    needsLinks: true,
    repetitions: 3,
    faults: () => [connectionResetFault(200)],
    holdMs: 4_000,
    marks: [NO_FAILED_READ],
  },
];
