// Makes consensus/wire/messages.js from quorate.proto: static code, no eval, no reflection.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const schema = join(root, "consensus/wire/quorate.proto");
const target = join(root, "consensus/wire/messages.js");

/** Answers whether it had to be made anew. */
export function buildWire() {
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(schema).mtimeMs) return false;
  const require = createRequire(import.meta.url);
  const pbjs = join(dirname(require.resolve("protobufjs-cli/package.json")), "bin/pbjs");
  const partial = `${target}.${process.pid}.partial`;
  const options = ["create", "verify", "convert", "delimited", "typeurl", "comments", "service"];
  execFileSync(process.execPath, [
    pbjs,
    "-t",
    "static-module",
    "-w",
    "esm",
    "--force-number",
    "-o",
    partial,
    ...options.map((option) => `--no-${option}`),
    schema,
  ]);
  // The generator registers every schema under one global name; ours is a module of its own.
  const code = readFileSync(partial, "utf8").replace(/const \$root = .*;/, "const $root = {};");
  writeFileSync(partial, code);
  renameSync(partial, target);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildWire();
