// npm run bench: all benches, or those named: npm run bench -- writes gateway
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { prepare, root, run } from "./prepare.js";

await prepare();
const folder = join(root, "dist/bench");
const all = readdirSync(folder)
  .filter((name) => name.endsWith(".js"))
  .map((name) => name.slice(0, -3));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  process.exit(64);
}
let missed = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`--- ${name}`);
  if (run(`../dist/bench/${name}.js`, []) !== 0) missed++;
}
process.exitCode = missed === 0 ? 0 : 1;
