import { bitRotFault, truncatedStoreFault, wipedStoreFault } from "../../faults/damaged-store.ts";
import { diskFullFault } from "../../faults/disk-full.ts";
import { later } from "../../faults/later.ts";
import { brokenSyncFault, slowSyncFault } from "../../faults/traced-disk.ts";
import { powerCutFault } from "../../faults/power-cut.ts";
import type { Experiment } from "../experiment.ts";

const NO_FAILED_READ = { figure: "failedReadsOfKnown", most: 0 };
const LAST = [3];
const ALL = [0, 1, 2, 3];
/** Beyond the end of the fault: whoever speaks before his flush is done has said it for nothing. */
const HUNG_MS = 10_000;

/** What disks do. */
export const STORAGE: readonly Experiment[] = [
  {
    name: "power-cut",
    summary: "one replica's machine loses power: what was not flushed is gone",
    repetitions: 10,
    faults: () => [powerCutFault(LAST)],
    holdMs: 500,
    marks: [NO_FAILED_READ],
  },
  {
    name: "power-cut-all",
    summary: "all machines lose power at once",
    repetitions: 10,
    faults: () => [powerCutFault(ALL)],
    holdMs: 200,
    marks: [{ figure: "recoveryMs", most: 5_000 }],
  },
  {
    name: "power-cut-hung-flush",
    summary: "no disk ends a flush any more, and then all machines lose power",
    repetitions: 3,
    faults: () => [slowSyncFault(ALL, HUNG_MS), later(2_000, powerCutFault(ALL))],
    holdMs: 200,
    marks: [],
  },
  {
    name: "disk-exhausted",
    summary: "not a byte is left on one replica's disk: it stops, and comes back with room",
    repetitions: 3,
    faults: () => [diskFullFault(LAST, 0)],
    holdMs: 3_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "io-errors",
    summary: "one replica's disk refuses to flush: it stops, and never retries",
    repetitions: 3,
    faults: () => [brokenSyncFault(LAST)],
    holdMs: 3_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "slow-disk",
    summary: "each flush of one replica takes 200 ms",
    repetitions: 3,
    faults: () => [slowSyncFault(LAST, 200)],
    holdMs: 4_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "bit-rot",
    summary: "ten thousand bits turn in one replica's store",
    repetitions: 3,
    faults: () => [bitRotFault(LAST, 10_000)],
    holdMs: 500,
    marks: [NO_FAILED_READ],
  },
  {
    name: "truncated-store",
    summary: "one replica's index is cut in the middle",
    repetitions: 3,
    faults: () => [truncatedStoreFault(LAST)],
    holdMs: 500,
    marks: [NO_FAILED_READ],
  },
  {
    name: "wiped-store",
    summary: "one replica's store is removed; it comes back from the others",
    repetitions: 3,
    faults: () => [wipedStoreFault(LAST)],
    holdMs: 500,
    marks: [NO_FAILED_READ],
  },
];
