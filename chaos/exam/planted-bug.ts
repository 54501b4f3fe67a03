import type { PlantedLine } from "../simulation/mutants/plant.ts";

/** A real defect, the experiment that must catch it, and the verdict that must say so. */
export interface PlantedBug extends PlantedLine {
  /** What is wrong with it, for people. */
  readonly what: string;
  /** Of the catalogue; named before it was planted. */
  readonly experiment: string;
  /** Whose judgement it must not pass. */
  readonly verdict: string;
}
