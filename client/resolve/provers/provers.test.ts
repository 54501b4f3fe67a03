import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pigeonhole, randomClauses } from "../../../proof/cnf/testing/sample-formulas.ts";
import { ProverTier } from "../tiers/prover-tier.ts";
import { Resolver } from "../resolver.ts";
import { obligationOf } from "../testing/formulas.ts";
import { INSIDE_PROVER, installedProvers, proversNamed } from "./find-provers.ts";
import { KNOWN_PROVERS } from "./prover.ts";
import type { Prover } from "./prover.ts";
import { runProver } from "./run-prover.ts";

const root = mkdtempSync(join(tmpdir(), "quorate-provers-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let scripts = 0;

/** A prover that is this script. */
function scripted(script: string, more: Partial<Prover> = {}): Prover {
  const command = join(root, `prover-${scripts++}`);
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  const known = KNOWN_PROVERS[0]!;
  return { ...known, name: "scripted", command, ...more };
}

const UNSAT = obligationOf(pigeonhole(4));
const SAT = obligationOf(randomClauses(1, 20, 40));
const isInstalled = installedProvers().some(({ name }) => name === "cadical");
const CADICAL = KNOWN_PROVERS[0]!;

async function ask(provers: readonly Prover[], obligation = UNSAT, atOnceMax = 1) {
  const tier = new ProverTier({ provers, atOnceMax });
  const resolver = new Resolver({ tiers: [tier], sinks: [] });
  return { tier, resolution: await resolver.resolve(obligation) };
}

describe.runIf(isInstalled)("Debian's cadical", () => {
  it("proves, and its DRAT is elaborated and checked", async () => {
    const { resolution, tier } = await ask([CADICAL]);
    expect(resolution).toMatchObject({ status: "proved", tier: "tier2", from: "cadical" });
    expect(tier.startedCount).toBe(1);
  });

  it("finds models", async () => {
    const { resolution } = await ask([CADICAL], SAT);
    expect(resolution).toMatchObject({ status: "proved", proof: { verdict: "sat" } });
  });
});

describe("a prover that", () => {
  it.each([
    ["lies without a proof", "exit 20", "wrote no proof"],
    ["lies with a false proof", 'printf "a\\2\\0a\\0" > "$3"; exit 20', "its proof"],
    ["lies with a false model", 'echo "s SATISFIABLE"; echo "v 0"; exit 10', "was refused"],
    ["says nothing", "exit 0", "no answer"],
    ["falls over", "kill -SEGV $$", "ended by"],
  ])("%s is passed over for the next", async (_name, script, reason) => {
    const honest = scripted("exit 3", { name: "the next" });
    const { resolution, tier } = await ask([scripted(script), honest]);
    expect(resolution.status).toBe("unresolved");
    const [step] = resolution.steps;
    expect(step).toMatchObject({ status: "failed", reason: expect.stringContaining(reason) });
    expect(step?.reason).toContain("the next: no answer (exit code 3)");
    expect(tier.startedCount).toBe(2);
  });

  it("is not there is passed over", async () => {
    const { resolution } = await ask([{ ...CADICAL, command: join(root, "nowhere") }]);
    expect(resolution.steps[0]?.reason).toContain("no such command");
  });
});

describe("a prover is bounded", () => {
  const LIMITS = { timeMsMax: 60_000, memoryBytesMax: 2 ** 30, outputBytesMax: 2 ** 20 };
  const never = new AbortController().signal;

  it("in time", async () => {
    const script = scripted("exec sleep 600");
    const ended = runProver([script.command], { ...LIMITS, timeMsMax: 50 }, root, never);
    expect(await ended).toEqual({ status: "stopped", reason: "its time is over" });
  });

  it("together with all that it started", async () => {
    const pids = join(root, "pids");
    const script = scripted(`sleep 600 & echo $! > ${pids}; wait`);
    const ends = new AbortController();
    const ended = runProver([script.command], LIMITS, root, ends.signal);
    const child = (): number => Number(existsSync(pids) && readFileSync(pids, "utf8"));
    await expect.poll(child, { timeout: 30_000 }).toBeGreaterThan(0);
    ends.abort();
    expect(await ended).toMatchObject({ status: "stopped" });
    await expect.poll(() => isAlive(child()), { timeout: 30_000 }).toBe(false);
  });

  it("by its asker's signal", async () => {
    const ends = new AbortController();
    const ended = runProver([scripted("sleep 600").command], LIMITS, root, ends.signal);
    ends.abort();
    expect(await ended).toMatchObject({ status: "stopped" });
  });

  it("in what it writes", async () => {
    const script = scripted(`head -c 4000000 /dev/zero > ${join(root, "large")}; exit 20`);
    await runProver([script.command], LIMITS, root, never);
    expect(readFileSync(join(root, "large")).length).toBeLessThanOrEqual(2 ** 20);
  });

  it("in memory", async () => {
    const script = scripted("ulimit -v");
    const ended = await runProver([script.command], LIMITS, root, never);
    if (ended.status !== "ended") throw new Error(ended.reason);
    expect(new TextDecoder().decode(ended.output).trim()).toBe(String(2 ** 20));
  });
});

describe("provers beside each other", () => {
  it("race, and the first proof ends the others", async () => {
    const slow = scripted("sleep 600", { name: "slow" });
    const quick = scripted(`cat <<E\ns SATISFIABLE\nv 0\nE\nexit 10`, { name: "quick" });
    const { resolution } = await ask([slow, quick], obligationOf([[-1, -2]]), 2);
    expect(resolution.steps[0]?.notes).toHaveLength(2);
  });
});

describe("configuration", () => {
  it("names provers, other commands for them, and none inside of a prover", () => {
    expect(proversNamed("minisat,cadical=/opt/cadical", {})).toMatchObject([
      { name: "minisat", command: "minisat" },
      { name: "cadical", command: "/opt/cadical" },
    ]);
    expect(proversNamed("none", {})).toEqual([]);
    expect(proversNamed("cadical", { [INSIDE_PROVER]: "1" })).toEqual([]);
    expect(() => proversNamed("coq", {})).toThrow("no prover is called");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
