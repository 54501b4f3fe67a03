import { clockFault } from "../../faults/clock.ts";
import { cpuBurnFault } from "../../faults/cpu-burn.ts";
import { fileDescriptorFault } from "../../faults/file-descriptors.ts";
import { killFault } from "../../faults/kill.ts";
import { pauseFault } from "../../faults/pause.ts";
import { rollingRestartFault } from "../../faults/rolling-restart.ts";
import type { Experiment } from "../experiment.ts";

const NO_FAILED_READ = { figure: "failedReadsOfKnown", most: 0 };

/** Processes, clocks and what the operating system gives them. */
export const HOST: readonly Experiment[] = [
  {
    name: "primary-pause",
    summary: "SIGSTOP for the primary under load, then SIGCONT",
    repetitions: 10,
    faults: () => [pauseFault("primary")],
    holdMs: 2_500,
    marks: [{ figure: "writeGapMs", most: 1_200 }, NO_FAILED_READ],
  },
  {
    name: "backup-kill",
    summary: "SIGKILL for a backup under load",
    repetitions: 10,
    faults: () => [killFault("backup")],
    holdMs: 2_500,
    marks: [{ figure: "writeGapMs", most: 50 }, NO_FAILED_READ],
  },
  {
    name: "all-killed",
    summary: "SIGKILL for all replicas at once",
    repetitions: 3,
    faults: () => [killFault("all")],
    holdMs: 200,
    marks: [{ figure: "recoveryMs", most: 5_000 }],
  },
  {
    name: "quorum-lost",
    summary: "one replica more is killed than may fail, and all come back",
    repetitions: 3,
    faults: () => [killFault([1, 2])],
    holdMs: 2_000,
    marks: [{ figure: "recoveryMs", most: 1_500 }],
  },
  {
    name: "primary-restart",
    summary: "SIGTERM for the primary: it hands over",
    repetitions: 10,
    faults: () => [rollingRestartFault("primary")],
    holdMs: 500,
    marks: [{ figure: "writeGapMs", most: 150 }, NO_FAILED_READ],
  },
  {
    name: "rolling-restart",
    summary: "SIGTERM and a new start for each replica, one after another",
    repetitions: 10,
    faults: () => [rollingRestartFault("all")],
    holdMs: 100,
    marks: [{ figure: "writeGapMs", most: 150 }, NO_FAILED_READ],
  },
  {
    name: "clock-strobe",
    summary: "one replica's clock jumps by half a second, there and back, five times a second",
    repetitions: 3,
    faults: () => [
      clockFault({
        kind: "clock-strobe",
        of: [3],
        settings: [{ offsetSeconds: 0.5 }, { offsetSeconds: -0.5 }],
        everyMs: 100,
      }),
    ],
    holdMs: 4_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "clock-rate",
    summary: "the primary's clock runs at twice the pace, then at half of it",
    repetitions: 3,
    faults: () => [
      clockFault({
        kind: "clock-rate",
        of: [0],
        settings: [
          { offsetSeconds: 0, rate: 2 },
          { offsetSeconds: 0, rate: 0.5 },
        ],
        everyMs: 2_500,
      }),
    ],
    holdMs: 5_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "backup-cpu-burn",
    summary: "a backup shares a tenth of a processor with two programs that burn it",
    repetitions: 3,
    faults: () => [cpuBurnFault([3], 10)],
    holdMs: 4_000,
    marks: [{ figure: "writeGapMs", most: 1_000 }, NO_FAILED_READ],
  },
  {
    name: "file-descriptors",
    summary: "one replica may open no more files and sockets",
    repetitions: 3,
    faults: () => [fileDescriptorFault([3])],
    holdMs: 3_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "seven-primary-kill",
    summary: "of seven replicas the primary is killed",
    repetitions: 3,
    replicaCount: 7,
    faults: () => [killFault("primary")],
    holdMs: 2_500,
    marks: [{ figure: "writeGapMs", most: 1_000 }, NO_FAILED_READ],
  },
  {
    name: "seven-two-killed",
    summary: "of seven replicas two are killed: f of them",
    repetitions: 3,
    replicaCount: 7,
    faults: () => [killFault("faulty-many")],
    holdMs: 2_500,
    marks: [{ figure: "writeGapMs", most: 1_000 }, NO_FAILED_READ],
  },
];
