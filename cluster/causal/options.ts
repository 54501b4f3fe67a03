import { InvalidArgumentError, Option } from "commander";
import { EXPORT_FORMATS } from "./export-events.ts";

/** What a person reads at a sitting; a file may have more. */
const LIMIT_DEFAULT = 200;

export interface CausalOptions {
  readonly journals: string;
  readonly limit: number;
  readonly format: (typeof EXPORT_FORMATS)[number];
  readonly out?: string;
}

export function journalsOption(): Option {
  return new Option(
    "--journals <path>",
    "a recording, or a folder with some: a cluster's, a node's",
  )
    .env("QUORATE_DIR")
    .default(".quorate");
}

export function limitOption(): Option {
  return new Option("--limit <count>", "so many events at most")
    .argParser((text: string) => {
      if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
      throw new InvalidArgumentError("Not a whole number from 1 to 9999999.");
    })
    .default(LIMIT_DEFAULT);
}

export function formatOption(): Option {
  return new Option("--format <form>", "lines for people, or what another program reads")
    .choices(EXPORT_FORMATS)
    .default("lines");
}

export function outOption(): Option {
  return new Option("--out <file>", "write there instead of to standard output");
}
