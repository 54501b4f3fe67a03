import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connect } from "../client/connect.ts";
import { LocalCluster, QUORATE } from "./harness/local-cluster.ts";
import { processSeconds } from "./harness/machine-load.ts";
import { databaseFile, metamathObjection, missingMetamath } from "./harness/metamath-tool.ts";
import { verdict } from "./harness/verdict.ts";
import { askAll, pairsOf } from "./load/permitted-proofs.ts";
import type { Pair } from "./load/permitted-proofs.ts";

/**
 * Whole Metamath databases into four replicas and out again, by the executable as a person runs it:
 * imported by one machine, exported by another that has nothing but `cluster.json`, which checks
 * every proof as it comes, and read by Debian's metamath. Once set.mm is there, theorems of iset.mm
 * that it states as well are asked for under iset.mm's axioms: its proofs serve for few of them, and
 * for all once iset.mm is there, too. All of it takes a quarter of an hour; `BENCH_DATABASES=hol,nf`
 * for less.
 */
const NAMES = (process.env["BENCH_DATABASES"] ?? "hol,ql,nf,set,iset").split(",");
const MEMORY_LOOK_MS = 200;
const READ_MS_MAX = 60_000;

interface Ran {
  readonly answer: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly megabytes: number;
}

/** `quorate …`, its progress on this terminal, and the most memory that it was seen to use. */
async function quorate(...words: readonly string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(process.execPath, [QUORATE, ...words, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  let megabytes = 0;
  const look = setInterval(() => {
    megabytes = Math.max(megabytes, peakMegabytes(child.pid));
  }, MEMORY_LOOK_MS);
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`quorate ${words.join(" ")}: exit ${String(code)}: ${text}`);
  const answer = JSON.parse(text) as Ran["answer"];
  return { answer, seconds: (performance.now() - started) / 1000, megabytes };
}

function peakMegabytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

/** Another machine: it has the cluster's public file, and no key, cache or state. */
function strangerTo(cluster: LocalCluster): string {
  const folder = join(dirname(cluster.folder), "stranger");
  mkdirSync(folder);
  copyFileSync(cluster.clusterFile, join(folder, "cluster.json"));
  return folder;
}

async function through(cluster: LocalCluster, stranger: string, name: string): Promise<void> {
  const file = databaseFile(name);
  const before = processSeconds(cluster.pids);
  const imported = await quorate("mm", "import", file, "--dir", cluster.folder);
  const used = (processSeconds(cluster.pids) - before) / cluster.replicaCount;
  const { statements = 0, published = 0, held = 0 } = imported.answer;
  const each = ((1000 * used) / Math.max(1, published)).toFixed(2);
  console.log(
    `${name}.mm: ${statements} statements, ${published} published in ${imported.seconds.toFixed(1)} s` +
      ` (${Math.round(published / imported.seconds)} a second; ${each} ms of each replica's CPU for one;` +
      ` ${Math.round(imported.megabytes)} MiB here)`,
  );
  const again = await quorate("mm", "import", file, "--dir", cluster.folder);
  const out = join(stranger, `${name}.mm`);
  const exported = await quorate("mm", "export", name, out, "--dir", stranger);
  const { theorems = 0, axioms = 0, repeated = 0 } = exported.answer;
  console.log(
    `  out again on another machine: ${theorems} theorems checked there in ${exported.seconds.toFixed(1)} s` +
      ` (${Math.round(exported.megabytes)} MiB); imported again in ${again.seconds.toFixed(1)} s`,
  );
  const objection = metamathObjection(out);
  if (objection !== undefined) console.log(objection);
  verdict(
    `${name}.mm as metamath reads it, objections`,
    objection === undefined ? 0 : 1,
    "at most",
    0,
  );
  verdict(`${name}.mm, statements lost`, statements - theorems - axioms - repeated, "at most", 0);
  verdict(`${name}.mm, published twice`, again.answer["published"] ?? 0, "at most", 0);
  verdict(
    `${name}.mm, not published`,
    statements - published - held - repeatedIn(imported),
    "at most",
    0,
  );
}

function repeatedIn({ answer }: Ran): number {
  return answer["repeated"] ?? 0;
}

/** What set.mm's proofs are to an intuitionist, and what iset.mm adds. */
async function permitted(cluster: LocalCluster, name: string): Promise<void> {
  const { theory, pairs } = pairsOf(databaseFile("iset"), databaseFile("set"));
  const carried = pairs.filter(({ isCarried }) => isCarried).length;
  const client = await connect({ genesis: cluster.genesis, deadlineMs: READ_MS_MAX });
  try {
    const isThere = name === "iset";
    const expected = (pair: Pair): boolean => isThere || pair.isCarried;
    const started = performance.now();
    const answers = await askAll(client, theory, pairs, expected);
    const each = (performance.now() - started) / pairs.length;
    console.log(
      `  of ${pairs.length} theorems of iset.mm that set.mm states too, ${carried} may have its proof;` +
        ` ${answers.found} are answered now, ${each.toFixed(1)} ms each`,
    );
    verdict("answered from an axiom that iset.mm lacks", answers.beyond, "at most", 0);
    verdict("answered or not against expectation", answers.unexpected, "at most", 0);
  } finally {
    await client.close();
  }
}

const missing = missingMetamath(NAMES);
if (missing !== undefined) console.log(`skipped: ${missing}`);
else {
  const cluster = await LocalCluster.start();
  try {
    const stranger = strangerTo(cluster);
    let isSetThere = false;
    for (const name of NAMES) {
      await through(cluster, stranger, name);
      isSetThere ||= name === "set";
      if (isSetThere && (name === "set" || name === "iset")) await permitted(cluster, name);
    }
  } finally {
    await cluster.stop();
  }
}
