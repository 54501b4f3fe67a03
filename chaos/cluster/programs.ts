import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, from the sources as from dist/. */
export const PROJECT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url)))).replace(
  /\/dist$/,
  "",
);

/** The real executable, as a person runs it. */
export const QUORATE: string = join(PROJECT, "bin/quorate.js");
/** A replica that lies; no command of the product starts it. */
export const LIAR: string = join(PROJECT, "dist/chaos/liar/main.js");
/** For `node --import`: a clock that reads what a file says, where there is no libfaketime. */
export const SKEWED_CLOCK: string = join(PROJECT, "dist/chaos/native/skewed-clock.js");
