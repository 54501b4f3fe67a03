#!/usr/bin/env node
// The executable. Plain JavaScript, so that it can say what is missing before anything is built.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The cluster imports nothing of chaos, so the choice between their commands is made out here.
const CHAOS = new Set(["chaos", "history", "simulate"]);
const room = CHAOS.has(process.argv[2]) ? "chaos" : "cluster";
const main = new URL(`../dist/${room}/cli/main.js`, import.meta.url);
if (existsSync(fileURLToPath(main))) {
  const { main: run } = await import(main.href);
  await run(process.argv.slice(2));
} else {
  console.error("not built: run npm start, or npm run build to build alone");
  process.exitCode = 70;
}
