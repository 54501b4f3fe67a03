import { QuorateError } from "../../base/quorate-error.ts";
import type { Experiment } from "./experiment.ts";
import { BYZANTINE } from "./catalogue/byzantine.ts";
import { FOUNDING } from "./catalogue/founding.ts";
import { HOST } from "./catalogue/host.ts";
import { HOSTILE_CLIENTS } from "./catalogue/hostile-clients.ts";
import { LINKS } from "./catalogue/links.ts";
import { MEMBERS } from "./catalogue/members.ts";
import { STORAGE } from "./catalogue/storage.ts";

/** Every experiment: first the eight that the project set out with. */
export const CATALOGUE: readonly Experiment[] = [
  ...FOUNDING,
  ...HOST,
  ...LINKS,
  ...STORAGE,
  ...BYZANTINE,
  ...HOSTILE_CLIENTS,
  ...MEMBERS,
];

/** @throws QuorateError EXPERIMENT_UNKNOWN */
export function experimentNamed(name: string): Experiment {
  const found = CATALOGUE.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  throw new QuorateError(
    "EXPERIMENT_UNKNOWN",
    `no experiment is called ${name}`,
    "quorate chaos list shows them all",
  );
}
