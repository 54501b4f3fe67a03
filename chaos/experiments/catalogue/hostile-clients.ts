import { bombFault } from "../../faults/bombs.ts";
import { floodFault } from "../../faults/client-flood.ts";
import { slowlorisFault } from "../../faults/slowloris.ts";
import type { Experiment } from "../experiment.ts";

const NO_FAILED_READ = { figure: "failedReadsOfKnown", most: 0 };

/** What clients do. */
export const HOSTILE_CLIENTS: readonly Experiment[] = [
  {
    name: "client-flood",
    summary: "one enrolled writer sends as much as it can",
    repetitions: 3,
    faults: () => [floodFault(256)],
    holdMs: 4_000,
    marks: [{ figure: "duringShare", least: 0.8 }, NO_FAILED_READ],
  },
  {
    name: "slowloris",
    summary: "five hundred sockets to each replica that say a byte now and then",
    repetitions: 3,
    faults: () => [slowlorisFault(500)],
    holdMs: 4_000,
    marks: [NO_FAILED_READ],
  },
  {
    name: "bombs",
    summary: "giant frames, noise at every door, paths that lead nowhere",
    repetitions: 3,
    faults: () => [bombFault()],
    holdMs: 3_000,
    marks: [NO_FAILED_READ],
  },
];
