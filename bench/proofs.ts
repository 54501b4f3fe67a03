import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verdict } from "./harness/verdict.ts";

/**
 * All of set.mm: import with every proof checked, against metamath.exe's `verify proof *`. User CPU
 * time, both in turn, medians; other load on the machine slows both alike.
 */
const FOLDER = "/usr/share/metamath/databases";
const DATABASE = "set.mm";
const ROUNDS = 5;

interface Measured {
  readonly seconds: number;
  readonly megabytes: number;
  readonly [name: string]: number;
}

const scratch = mkdtempSync(join(tmpdir(), "quorate-proofs-"));
const keyFile = join(scratch, "keys");

function ours(mode: "cold" | "known" | "single"): Measured {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const program = fileURLToPath(new URL(`./load/metamath-import${extension}`, import.meta.url));
  const words = [program, mode, join(FOLDER, DATABASE), keyFile];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

/** User seconds, as the shell counts them. */
function metamathSeconds(): number {
  const script = join(scratch, "verify.sh");
  const command = `metamath 'read "${DATABASE}"' 'verify proof *' exit > "$1"`;
  writeFileSync(script, `TIMEFORMAT=%U\ncd ${FOLDER}\ntime ${command}\n`);
  const output = join(scratch, "output");
  const { stderr, status } = spawnSync("bash", [script, output], { encoding: "utf8" });
  if (status !== 0 || statSync(output).size === 0) throw new Error(`metamath: ${stderr}`);
  return Number(stderr.trim().replace(",", "."));
}

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1]!;

function compare(): void {
  const imports: Measured[] = [];
  const again: Measured[] = [];
  const peer: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    imports.push(ours("cold"));
    peer.push(metamathSeconds());
    again.push(ours("known"));
  }
  const cold = median(imports.map(({ seconds }) => seconds));
  const checked = median(imports.map(({ checkSeconds }) => checkSeconds!));
  const theirs = median(peer);
  const second = median(again.map(({ seconds }) => seconds));
  console.log(`${DATABASE}: ${imports[0]!["theorems"]} theorems, all proofs hold`);
  console.log(`metamath.exe ${theirs.toFixed(2)} s; import ${cold.toFixed(2)} s, of which`);
  console.log(
    `  reading and checking ${checked.toFixed(2)} s; second import ${second.toFixed(2)} s`,
  );
  verdict("cold import / metamath.exe", cold / theirs, "at most", 0.75);
  verdict("second import / cold import", second / cold, "at most", 0.5);
  const megabytes = Math.max(...imports.map((one) => one.megabytes));
  verdict("peak memory of the import, MiB", megabytes, "at most", 450);
  const single = ours("single");
  console.log(
    `one stored proof: p50 ${single["p50"]!.toFixed(3)} ms, max ${single["max"]!.toFixed(1)}`,
  );
  verdict("p99 of one stored proof, ms", single["p99"]!, "at most", 1);
}

if (!existsSync(join(FOLDER, DATABASE)) || spawnSync("metamath", ["exit"]).status !== 0) {
  console.log("skipped: metamath and metamath-databases: npm run packages");
} else compare();
rmSync(scratch, { recursive: true, force: true });
