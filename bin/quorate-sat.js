#!/usr/bin/env node
// A SAT solver's command line, for callers that know how to start one and nothing of us.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../dist/cluster/sat/main.js", import.meta.url);
if (existsSync(fileURLToPath(main))) {
  const { main: run } = await import(main.href);
  await run(process.argv.slice(2));
} else {
  console.error("c error: not built: run npm start, or npm run build to build alone");
  process.exitCode = 70;
}
