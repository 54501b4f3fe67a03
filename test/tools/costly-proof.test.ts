import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { installedProvers } from "../../client/resolve/provers/find-provers.ts";
import { dimacs, randomClauses } from "../../proof/cnf/testing/sample-formulas.ts";
import { QUORATE, runJson, runQuorate } from "../run-quorate.ts";

/**
 * A formula that costs Debian's cadical ten seconds and more, proved once; after that whoever asks
 * has the proof from wherever one is left, and starts no prover: theirs would leave a trace. How much
 * faster that is tells `npm run bench -- resolve`.
 */
/** Some eleven seconds of CPU. */
const FORMULA = dimacs(randomClauses(3, 270, 1191));
/** What a check may cost: far less than the search, and told by the kernel itself. */
const PROOF_BYTES_MAX = 64 * 1024 * 1024;
const missing = !installedProvers().some(({ name }) => name === "cadical");
const skipped = missing ? " skipped: apt-get install cadical" : "";

const scratch = mkdtempSync(join(tmpdir(), "quorate-costly-"));
const file = join(scratch, "costly.cnf");
const trap = join(scratch, "trap");
const trace = join(scratch, "a-prover-was-started");
const gateways: ChildProcess[] = [];
let cluster: LocalCluster;

interface Resolved {
  readonly exitCode: number | undefined;
  readonly status: string;
  readonly tier?: string;
  readonly verdict?: string;
  readonly grade?: string;
  readonly confidence?: number;
  readonly proofBytes?: number;
  readonly steps: readonly { readonly tier: string; readonly status: string }[];
}

/** What a machine keeps: its cache folder. */
const home = (name: string): string => join(scratch, name);

/** On a machine whose provers, if anybody calls them, leave a trace and prove nothing. */
function ask(machine: string, ...options: readonly string[]): Promise<Resolved> {
  const environment = { XDG_CACHE_HOME: home(machine), PATH: trap };
  return runJson<Resolved>(["resolve", file, ...options], { environment });
}

/** A lookup that is slow is joined by the next: who came to nothing stands in any order. */
const tiersOf = ({ steps }: Resolved): readonly string[] =>
  steps.map(({ tier, status }) => `${tier} ${status}`);

/** Known somewhere: nobody has searched for it. */
function expectKnown(resolved: Resolved, tier: string): void {
  expectProof(resolved, tier);
  const found = tiersOf(resolved).filter((one) => one.endsWith(" found"));
  expect(found).toEqual([`${tier} found`]);
  expect(resolved.steps.map((step) => step.tier)).not.toContain("tier1");
}

function expectProof(resolved: Resolved, tier: string): void {
  expect(resolved).toMatchObject({
    ...{ exitCode: 0, status: "proved", tier, verdict: "unsat" },
    ...{ grade: "checked-here", confidence: 1 },
  });
  expect(resolved.proofBytes).toBeLessThan(PROOF_BYTES_MAX);
  expect(existsSync(trace)).toBe(false);
}

/** A gateway of a machine: its port for other gateways. */
async function gateway(machine: string, peers: readonly number[]): Promise<number> {
  const named = peers.map((port) => `127.0.0.1:${port}`).join(",");
  const ports = ["--port", "0", "--peer-port", "0", ...(named === "" ? [] : ["--peers", named])];
  const cache = join(home(machine), "quorate");
  const child = spawn(
    process.execPath,
    [QUORATE, "gateway", "--local", "--cache", cache, ...ports, "--json"],
    { env: { ...process.env, PATH: trap }, stdio: ["ignore", "pipe", "inherit"] },
  );
  gateways.push(child);
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the gateway ended")));
    child.stdout.setEncoding("utf8").once("data", (line: string) => {
      resolve((JSON.parse(line) as { readonly peerPort: number }).peerPort);
    });
  });
}

describe.skipIf(missing)(`a proof that costs cadical ten seconds${skipped}`, () => {
  beforeAll(async () => {
    writeFileSync(file, FORMULA);
    mkdirSync(trap);
    for (const name of ["cadical", "cryptominisat5", "minisat"]) {
      writeFileSync(join(trap, name), `#!/bin/sh\n: > ${trace}\n`);
      chmodSync(join(trap, name), 0o755);
    }
    cluster = await LocalCluster.start();
  });

  afterAll(async () => {
    for (const child of gateways) {
      const ended = new Promise((resolve) => void child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await ended;
      }
    }
    await cluster?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("is found by the prover where no other tier knows it, and published", async () => {
    // The built-in solver counts its work, and gives up after as much on every machine.
    const words = ["resolve", file, "--dir", cluster.folder, "--fuel", "1000000"];
    const environment = { XDG_CACHE_HOME: home("a") };
    const first = await runJson<Resolved & { readonly published: readonly object[] }>(words, {
      environment,
    });
    expectProof(first, "tier2");
    const others = ["local nothing", "network nothing", "tier1 nothing"];
    expect([...tiersOf(first)].sort()).toEqual([...others, "tier2 found"]);
    expect(first.published).toEqual([
      expect.objectContaining({ outcome: "published" }),
      expect.objectContaining({ outcome: "published" }),
    ]);
  });

  it("is had by another machine from the cluster, in both orders", async () => {
    const stranger = join(scratch, "stranger");
    mkdirSync(stranger);
    copyFileSync(cluster.clusterFile, join(stranger, "cluster.json"));
    const words = ["--cluster", join(stranger, "cluster.json"), "--order"];
    expectKnown(await ask("c", ...words, "local-first"), "network");
    // Of two lookups that both know it either may be first: only one is asked.
    expectKnown(await ask("c", ...words, "local"), "local");
    // Its own disk is emptied: there is the network.
    rmSync(home("c"), { recursive: true });
    expectKnown(await ask("c", ...words, "network-first"), "network");
  });

  it("is had from this disk after a restart, with the network off", async () => {
    await cluster.killAll();
    const words = ["--cluster", cluster.clusterFile, "--order"];
    expectKnown(await ask("a", ...words, "local-first"), "local");
    expectKnown(await ask("a", ...words, "network-first"), "local");
  });

  it("passes between two gateways by QUERY and PROOF, with every replica stopped", async () => {
    const far = await gateway("a", []);
    const near = await gateway("b", [far]);
    const out = join(scratch, "had.lrat");
    const peers = ["--peers", `127.0.0.1:${near}`, "--proof", out, "--form", "lrat-binary"];
    const words = ["--order", "local,peers,tier1,tier2", ...peers];
    expectKnown(await ask("asker", ...words), "peers");
    // In the file's own numbers, for anybody's checker.
    const checked = await runQuorate(["cnf", "check", file, out]);
    expect(checked).toMatchObject({ exitCode: 0 });
    // What went through the nearer gateway stays there: the farther one may go.
    gateways[0]!.kill("SIGTERM");
    await new Promise((resolve) => void gateways[0]!.once("exit", resolve));
    rmSync(home("asker"), { recursive: true });
    expectKnown(await ask("asker", ...words), "peers");
  });

  it("is not had where no tier has it, and then a prover is asked", async () => {
    const lost = await ask("nobody", "--order", "local,tier1,tier2", "--fuel", "1000");
    expect(lost).toMatchObject({ exitCode: 3, status: "unresolved" });
    // The trap works: all that was said above of provers holds.
    expect(existsSync(trace)).toBe(true);
  });
});
