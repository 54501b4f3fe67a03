import { Argument, InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { utf8 } from "../../base/bytes.ts";
import { NAME_BYTES_MAX } from "../../consensus/limits.ts";
import { isNamespace, RESERVED_NAMESPACES } from "../../consensus/namespace.ts";

export const FOLDER_DEFAULT = ".quorate";
export const GATEWAY_PORT_DEFAULT = 7480;
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

/** For the process that a detaching command starts; nobody types it. */
export function reportingOption(): Option {
  return new Option("--reporting").hideHelp();
}

export function keyOption(whose: "writer" | "operator"): Option {
  return new Option("--key <file>", `the ${whose}'s key that signs, if not the folder's`);
}

/** Generous: a write waits for a view change or two before its outcome is called unknown. */
const TIMEOUT_S_DEFAULT = 30;

export function timeoutOption(): Option {
  return new Option("--timeout <seconds>", "give up after so long")
    .argParser(parsePositive)
    .default(TIMEOUT_S_DEFAULT);
}

export function namespaceArgument(): Argument {
  return new Argument("<namespace>", "3 to 64 of a-z, 0-9 and -").argParser(parseNamespace);
}

export function keyArgument(): Argument {
  return new Argument("<key>", "any text of 1 to 512 bytes").argParser(parseKey);
}

export function proofNamespaceOption(): Option {
  return new Option("--namespace <namespace>", "where proofs lie")
    .argParser(parseNamespace)
    .default("default");
}

export function parseNamespace(text: string): string {
  if (isNamespace(text)) return text;
  const why = RESERVED_NAMESPACES.has(text)
    ? `"${text}" is reserved.`
    : "A namespace is 3 to 64 of a-z, 0-9 and -.";
  throw new InvalidArgumentError(why);
}

function parseKey(text: string): string {
  const size = utf8(text).length;
  if (size >= 1 && size <= NAME_BYTES_MAX) return text;
  throw new InvalidArgumentError(`A key has 1 to ${NAME_BYTES_MAX} bytes, not ${size}.`);
}

/** A public key in hexadecimal, or a key file whose public half is meant. */
export function publicKeyArgument(): Argument {
  return new Argument("<key>", "a public key (64 hexadecimal digits), or a key file");
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
