import { clockFault } from "../faults/clock.ts";
import { connectionResetFault } from "../faults/connection-reset.ts";
import { cpuBurnFault } from "../faults/cpu-burn.ts";
import { bitRotFault, wipedStoreFault } from "../faults/damaged-store.ts";
import { killFault } from "../faults/kill.ts";
import { halves, partitionFault, primaryAlone, primaryUnheard, ring } from "../faults/partition.ts";
import { pauseFault } from "../faults/pause.ts";
import { randomFaults } from "../faults/random-faults.ts";
import { rollingRestartFault } from "../faults/rolling-restart.ts";
import { shapedLinksFault } from "../faults/shaped-links.ts";
import type { Fault } from "../faults/fault.ts";
import type { Experiment } from "./experiment.ts";

const HOLD_MS = 3_000;
const PAUSE_MS = 3_000;
const LAST = [3];

/** One cluster for all of it, and all faults that need no liar, at random. */
export function soakOf(minutes: number): Experiment {
  return {
    name: "soak",
    summary: `all faults at random for ${minutes} minutes`,
    repetitions: 1,
    needsLinks: true,
    holdMs: minutes * 60_000,
    faults: () => [
      randomFaults({ holdMs: HOLD_MS, pauseMs: PAUSE_MS, faults: [...processes(), ...links()] }),
    ],
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  };
}

function processes(): readonly Fault[] {
  return [
    ...[killFault("primary"), killFault("backup"), killFault("all"), pauseFault("primary")],
    ...[pauseFault("backup"), rollingRestartFault("primary"), rollingRestartFault("all")],
    ...[wipedStoreFault(LAST), bitRotFault(LAST, 1_000), cpuBurnFault(LAST, 10)],
    clockFault({
      kind: "clock-skew",
      of: LAST,
      settings: [{ offsetSeconds: 10 }, { offsetSeconds: -20 }],
      everyMs: 1_000,
    }),
  ];
}

function links(): readonly Fault[] {
  const all = { of: "all", clients: false } as const;
  return [
    partitionFault({ kind: "partition-primary", cutOf: primaryAlone }),
    partitionFault({ kind: "partition-halves", cutOf: halves }),
    partitionFault({ kind: "partition-one-way", cutOf: primaryUnheard }),
    partitionFault({ kind: "partition-ring", cutOf: ring }),
    partitionFault({ kind: "partition-flapping", cutOf: primaryAlone, flapMs: 400 }),
    shapedLinksFault({ kind: "network-delay", rule: { delayMs: 40, jitterMs: 20 }, ...all }),
    shapedLinksFault({ kind: "packet-loss", rule: { lossShare: 0.05 }, ...all }),
    shapedLinksFault({ kind: "duplication", rule: { duplicateShare: 0.2 }, ...all }),
    shapedLinksFault({ kind: "reordering", rule: { reorderShare: 0.2 }, ...all }),
    shapedLinksFault({ kind: "corruption", rule: { corruptShare: 0.02 }, ...all }),
    connectionResetFault(200),
  ];
}
