import { byzantineFault } from "../../faults/byzantine.ts";
import { clockFault } from "../../faults/clock.ts";
import { cpuBurnFault } from "../../faults/cpu-burn.ts";
import { diskFullFault } from "../../faults/disk-full.ts";
import { killFault } from "../../faults/kill.ts";
import { memoryPressureFault } from "../../faults/memory-pressure.ts";
import { shapedLinksFault } from "../../faults/shaped-links.ts";
import type { Experiment } from "../experiment.ts";

const LAST = [3];

/** The eight that the project set out with. */
export const FOUNDING: readonly Experiment[] = [
  {
    name: "primary-kill",
    summary: "SIGKILL for the primary under load; it is started again",
    isFounding: true,
    repetitions: 10,
    faults: () => [killFault("primary")],
    holdMs: 2_500,
    marks: [
      { figure: "writeGapMs", most: 1_000 },
      { figure: "readGapMs", most: 100 },
      { figure: "failedReadsOfKnown", most: 0 },
    ],
  },
  {
    name: "network-delay",
    summary: "40 ms, give or take 20, on every link between replicas",
    isFounding: true,
    needsLinks: true,
    repetitions: 10,
    faults: () => [
      shapedLinksFault({
        kind: "network-delay",
        rule: { delayMs: 40, jitterMs: 20 },
        of: "all",
        clients: false,
      }),
    ],
    holdMs: 4_000,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
  {
    name: "packet-loss",
    summary: "one message in twenty is lost on every link between replicas",
    isFounding: true,
    needsLinks: true,
    repetitions: 10,
    faults: () => [
      shapedLinksFault({
        kind: "packet-loss",
        rule: { lossShare: 0.05 },
        of: "all",
        clients: false,
      }),
    ],
    holdMs: 4_000,
    marks: [
      { figure: "duringShare", least: 0.5 },
      { figure: "failedReadsOfKnown", most: 0 },
    ],
  },
  {
    name: "clock-skew",
    summary: "one replica's clock goes ten seconds ahead, and half a minute back",
    isFounding: true,
    repetitions: 10,
    faults: () => [
      clockFault({
        kind: "clock-skew",
        of: LAST,
        settings: [{ offsetSeconds: 10 }, { offsetSeconds: -20 }],
        everyMs: 1_500,
      }),
    ],
    holdMs: 4_000,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
  {
    name: "disk-full",
    summary:
      "one replica's disk fills; it says so, and resumes without a restart once there is room",
    isFounding: true,
    repetitions: 10,
    faults: () => [diskFullFault(LAST, 100)],
    holdMs: 2_500,
    marks: [
      { figure: "alarmMs", most: 1_500 },
      { figure: "resumedMs", most: 5_000 },
      { figure: "failedReadsOfKnown", most: 0 },
    ],
  },
  {
    name: "memory-pressure",
    summary: "one replica has 96 MiB of memory and no more",
    isFounding: true,
    repetitions: 10,
    faults: () => [memoryPressureFault(LAST, 96)],
    holdMs: 4_000,
    marks: [
      { figure: "writeGapMs", most: 1_000 },
      { figure: "failedReadsOfKnown", most: 0 },
    ],
  },
  {
    name: "cpu-burn",
    summary: "the primary shares a tenth of a processor with two programs that burn it",
    isFounding: true,
    repetitions: 10,
    faults: () => [cpuBurnFault([0], 10)],
    holdMs: 5_000,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
  {
    name: "byzantine-messages",
    summary: "the first primary tells peers and clients every lie it knows, under its own key",
    isFounding: true,
    repetitions: 10,
    faults: () => [byzantineFault("everything")],
    holdMs: 4_000,
    convicts: true,
    marks: [{ figure: "failedReadsOfKnown", most: 0 }],
  },
];
