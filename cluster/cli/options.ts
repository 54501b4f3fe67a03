import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

export const FOLDER_DEFAULT = ".quorate";
const PORT_MAX = 65_535;

/** Adds --json and the example, which every command has. */
export function finished(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ quorate ${example}`);
  return command
    .option("--json", "print one JSON object on stdout, errors included")
    .addHelpText("after", `\nExample:\n${lines.join("\n")}`);
}

export function folderOption(): Option {
  return new Option("--dir <folder>", "the cluster's folder")
    .env("QUORATE_DIR")
    .default(FOLDER_DEFAULT);
}

/** 0 asks for a free one. */
export function parsePort(text: string): number {
  const port = parseWhole(text);
  if (port > PORT_MAX) throw new InvalidArgumentError(`A port is at most ${PORT_MAX}.`);
  return port;
}

export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Not a whole number.");
  return Number(text);
}

export function parsePositive(text: string): number {
  const value = parseWhole(text);
  if (value === 0) throw new InvalidArgumentError("Must be at least 1.");
  return value;
}
