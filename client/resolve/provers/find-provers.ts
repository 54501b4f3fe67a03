import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { QuorateError } from "../../../base/quorate-error.ts";
import { KNOWN_PROVERS } from "./prover.ts";
import type { Prover } from "./prover.ts";

/** Set for every prover that we start: one that turns out to be ourselves starts none in turn. */
export const INSIDE_PROVER = "QUORATE_INSIDE_PROVER";

type Environment = Readonly<Record<string, string | undefined>>;

/** Those of Debian's solvers that this machine has. */
export function installedProvers(environment: Environment = process.env): readonly Prover[] {
  if (environment[INSIDE_PROVER] !== undefined) return [];
  return KNOWN_PROVERS.filter(({ command }) => isInstalled(command, environment));
}

/**
 * By names from a list separated by commas, `installed` for those that are there, `none` for none;
 * `name=command` calls another command as the known solver of that name is called.
 * @throws QuorateError PROVER_UNKNOWN
 */
export function proversNamed(
  text: string,
  environment: Environment = process.env,
): readonly Prover[] {
  if (text === "installed") return installedProvers(environment);
  if (text === "none" || environment[INSIDE_PROVER] !== undefined) return [];
  return text.split(",").map((word) => {
    const [name = "", command] = word.trim().split("=", 2);
    const known = KNOWN_PROVERS.find((prover) => prover.name === name);
    if (known === undefined) throw unknownProver(name);
    return command === undefined ? known : { ...known, command };
  });
}

function unknownProver(name: string): QuorateError {
  return new QuorateError(
    "PROVER_UNKNOWN",
    `no prover is called "${name}"`,
    `name some of ${KNOWN_PROVERS.map((prover) => prover.name).join(", ")}, installed, or none`,
  );
}

function isInstalled(command: string, environment: Environment): boolean {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return folders.some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
