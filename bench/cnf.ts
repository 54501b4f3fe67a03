import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Prng } from "../base/prng.ts";
import { ELABORATION_BYTES_MAX } from "../client/proof/run-cnf.ts";
import { verdict } from "./harness/verdict.ts";

/**
 * What checking costs beside solving: user CPU time of whole processes, start-up included, medians,
 * cadical and ours in turn on the same formulas. Bars: a proof of 5 MB and more is checked in a
 * quarter of the time in which cadical finds it; DRAT is elaborated in five times that; a formula of
 * 6,000 clauses gets its canonical form, and its model checked, in 100 ms.
 */
const CADICAL = "/usr/bin/cadical";
const TIMES = 3;
const CHECK_SHARE_MAX = 0.25;
const ELABORATION_SHARE_MAX = 5;
const CANONICAL_MS_MAX = 100;
const MEGABYTES_MAX = 64;
const PROOF_BYTES_MIN = 5_000_000;

interface Ran {
  readonly seconds: number;
  readonly megabytes: number;
}

interface Row {
  readonly name: string;
  readonly solveSeconds: number;
  readonly dratBytes: number;
  readonly lratBytes: number;
  readonly elaborationShare: number;
  readonly checkShare: number;
  readonly checkMegabytes: number;
}

if (!existsSync(CADICAL)) {
  console.error("cadical is missing: npm run packages");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "quorate-bench-cnf-"));
const own = fileURLToPath(new URL("./load/cnf-step.js", import.meta.url));

/** A process's user time and memory, as it tells them itself or as the shell sees them. */
function runOwn(...words: readonly string[]): Ran {
  const ran = spawnSync(process.execPath, [own, ...words], { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${words.join(" ")}: ${ran.stdout}${ran.stderr}`);
  return JSON.parse(ran.stdout) as Ran;
}

function runCadical(...words: readonly string[]): Ran {
  const before = childSeconds();
  const ran = spawnSync(CADICAL, ["-q", ...words], { stdio: "ignore" });
  if (ran.status !== 20) throw new Error(`cadical ended with ${ran.status}`);
  return { seconds: childSeconds() - before, megabytes: 0 };
}

/** User time of all children so far, of /proc/self/stat: hundredths of a second. */
function childSeconds(): number {
  const fields = spawnSync("cat", [`/proc/${process.pid}/stat`], { encoding: "utf8" }).stdout;
  return Number(fields.slice(fields.lastIndexOf(")") + 2).split(" ")[13]) / 100;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >>> 1]!;
}

function times(run: () => Ran): Ran {
  const rans = Array.from({ length: TIMES }, run);
  return {
    seconds: median(rans.map(({ seconds }) => seconds)),
    megabytes: median(rans.map(({ megabytes }) => megabytes)),
  };
}

function pigeonhole(holes: number): string {
  const name = (pigeon: number, hole: number): number => pigeon * holes + hole + 1;
  const clauses: number[][] = [];
  for (let pigeon = 0; pigeon <= holes; pigeon++) {
    clauses.push(Array.from({ length: holes }, (_, hole) => name(pigeon, hole)));
    for (let other = 0; other < pigeon; other++) {
      for (let hole = 0; hole < holes; hole++)
        clauses.push([-name(other, hole), -name(pigeon, hole)]);
    }
  }
  return dimacs(clauses, holes * (holes + 1));
}

function random3(variables: number, count: number, seed: number): string {
  const prng = new Prng(seed);
  const clause = (): number[] => {
    const names = new Set<number>();
    while (names.size < 3) names.add(1 + prng.below(variables));
    return [...names].map((name) => (prng.chance(0.5) ? name : -name));
  };
  return dimacs(Array.from({ length: count }, clause), variables);
}

function dimacs(clauses: readonly (readonly number[])[], variables: number): string {
  const lines = clauses.map((clause) => `${clause.join(" ")} 0\n`);
  return `p cnf ${variables} ${clauses.length}\n${lines.join("")}`;
}

function measure(name: string, text: string): Row {
  const formula = join(folder, "formula.cnf");
  const [drat, stored] = [join(folder, "proof.drat"), join(folder, "proof.stored")];
  writeFileSync(formula, text);
  const solve = times(() => runCadical(formula, drat));
  const elaboration = times(() => runOwn("elaborate", formula, drat, stored));
  const check = times(() => runOwn("check", formula, stored));
  return {
    name,
    solveSeconds: solve.seconds,
    dratBytes: statSync(drat).size,
    lratBytes: statSync(stored).size,
    elaborationShare: elaboration.seconds / solve.seconds,
    checkShare: check.seconds / solve.seconds,
    checkMegabytes: check.megabytes,
  };
}

try {
  const rows = [
    measure("pigeons 10 in 9", pigeonhole(9)),
    measure("random 250 at 4.5", random3(250, 1125, 3)),
    measure("random 250 at 4.4", random3(250, 1100, 7)),
  ];
  console.log("formula              solve s   DRAT MB   LRAT MB   elaborate   check   check MB");
  for (const row of rows) {
    const cells = [
      row.name.padEnd(20),
      row.solveSeconds.toFixed(2).padStart(8),
      (row.dratBytes / 1e6).toFixed(1).padStart(9),
      (row.lratBytes / 1e6).toFixed(1).padStart(9),
      `${row.elaborationShare.toFixed(2)}×`.padStart(11),
      `${row.checkShare.toFixed(2)}×`.padStart(7),
      row.checkMegabytes.toFixed(0).padStart(10),
    ];
    console.log(cells.join(" "));
  }
  const formula = join(folder, "formula.cnf");
  writeFileSync(formula, random3(1800, 6000, 5));
  const canonical = times(() => runOwn("canonical", formula));
  for (const row of rows) {
    if (row.lratBytes >= PROOF_BYTES_MIN) {
      verdict(`${row.name}: check, of solving`, row.checkShare, "at most", CHECK_SHARE_MAX);
      verdict(
        `${row.name}: memory beyond Node's own, MB`,
        row.checkMegabytes,
        "at most",
        MEGABYTES_MAX,
      );
    }
    verdict(
      `${row.name}: elaboration, of solving`,
      row.elaborationShare,
      "at most",
      ELABORATION_SHARE_MAX,
    );
  }
  const canonicalMs = 1000 * canonical.seconds;
  verdict("6,000 clauses: key and a model's check, ms", canonicalMs, "at most", CANONICAL_MS_MAX);
  mkdirSync("bench/results", { recursive: true });
  const result = { rows, canonicalMs, liveBytesMax: ELABORATION_BYTES_MAX };
  writeFileSync("bench/results/cnf.json", `${JSON.stringify(result, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
