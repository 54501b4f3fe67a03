// npm run check: types, lint, format, unused code. All of them run, so that one look shows everything.
import { prepare, run } from "./prepare.js";

await prepare();
const fix = process.argv.includes("--fix");
/** @type {[name: string, tool: string, args: string[]][]} */
const checks = [
  ["types", "typescript/bin/tsc", []],
  ["types of the viewer", "typescript/bin/tsc", ["-p", "viz"]],
  [
    "lint",
    "oxlint/bin/oxlint",
    ["--type-aware", "--deny-warnings", ...(fix ? ["--fix"] : []), "."],
  ],
  ["format", "oxfmt/bin/oxfmt", fix ? ["."] : ["--check", "."]],
  ["unused code", "knip/bin/knip.js", []],
];
let failed = 0;
for (const [name, tool, args] of checks) {
  const status = run(tool, args);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name}`);
  if (status !== 0) failed++;
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
