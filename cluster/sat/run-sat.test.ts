import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { QuorateError } from "../../base/quorate-error.ts";
import { dimacs, pigeonhole, randomClauses } from "../../proof/cnf/testing/sample-formulas.ts";
import { modelLines, runSat } from "./run-sat.ts";
import { parseSatOptions } from "./sat-options.ts";
import type { SatAnswer, SatQuestion } from "./sat-prover.ts";

async function run(argv: readonly string[], answer: SatAnswer | Error) {
  const lines: string[] = [];
  const remarks: string[] = [];
  const asked: SatQuestion[] = [];
  const prove = async (question: SatQuestion): Promise<SatAnswer> => {
    asked.push(question);
    if (answer instanceof Error) throw answer;
    return Promise.resolve(answer);
  };
  const streams = {
    print: (line: string) => void lines.push(line),
    remark: (line: string) => void remarks.push(line),
    version: "1.2.3",
    keepInput: async () => Promise.resolve("kept"),
  };
  return { exitCode: await runSat(argv, prove, streams), lines, remarks, asked };
}

describe("answers are told as SAT solvers tell them", () => {
  it("10 and a model by rising variable", async () => {
    const ran = await run(["f.cnf"], { verdict: "sat", model: Int32Array.of(-3, 1, -2) });
    expect(ran).toMatchObject({ exitCode: 10, lines: ["s SATISFIABLE", "v 1 -2 -3 0"] });
  });

  it("10 without the model that nobody wants", async () => {
    const ran = await run(["-n", "f.cnf"], { verdict: "sat", model: Int32Array.of(1) });
    expect(ran).toMatchObject({ exitCode: 10, lines: ["s SATISFIABLE"] });
  });

  it("20", async () => {
    const ran = await run(["f.cnf", "p.drat"], { verdict: "unsat" });
    expect(ran).toMatchObject({ exitCode: 20, lines: ["s UNSATISFIABLE"] });
    expect(ran.asked[0]).toMatchObject({
      formulaFile: "f.cnf",
      proofFile: "p.drat",
      proofForm: "drat-binary",
    });
  });

  it("and how far to trust them, where no caller stumbles over it", async () => {
    const trust = { grade: "checked-here", confidence: 1, provenance: "local: this machine" };
    const line = "c grade checked-here  confidence 1.00  provenance: local: this machine";
    const answer = { verdict: "unsat", trust } as const;
    expect(await run(["f.cnf"], answer)).toMatchObject({
      ...{ lines: ["s UNSATISFIABLE"], remarks: [line] },
    });
    expect(await run(["--explain", "f.cnf"], answer)).toMatchObject({
      ...{ lines: [line, "s UNSATISFIABLE"], remarks: [] },
    });
    expect(await run(["-q", "f.cnf"], answer)).toMatchObject({ remarks: [] });
  });

  it("0 when nothing is known", async () => {
    expect(await run(["f.cnf"], { verdict: "unknown" })).toMatchObject({
      exitCode: 0,
      lines: ["c UNKNOWN"],
    });
    expect((await run(["-q", "f.cnf"], { verdict: "unknown" })).lines).toEqual([]);
  });

  it("1 for what is no formula, no file or no option", async () => {
    const refused = { verdict: "refused", reason: "header-missing", offset: 3 } as const;
    expect(await run(["f.cnf"], refused)).toMatchObject({
      exitCode: 1,
      lines: ["c error: f.cnf: header-missing at byte 3"],
    });
    const missing = new QuorateError("FILE_UNREADABLE", "f.cnf could not be read", "look");
    expect((await run(["f.cnf"], missing)).exitCode).toBe(1);
    expect((await run(["--nope"], { verdict: "unsat" })).exitCode).toBe(1);
  });

  it("takes standard input when no formula is named", async () => {
    const ran = await run(["-", "p.drat"], { verdict: "unsat" });
    expect(ran.asked[0]).toMatchObject({ formulaFile: "kept", proofFile: "p.drat" });
  });

  it("breaks long models into lines", () => {
    const lines = modelLines(Int32Array.from({ length: 100 }, (_, at) => at + 1));
    expect(lines.every((line) => line.length <= 78 && line.startsWith("v "))).toBe(true);
    expect(lines.join(" ").match(/\d+/g)?.map(Number)).toHaveLength(101);
  });
});

describe("the command line", () => {
  it.each([
    [["-", "p"], { formulaFile: undefined, proofFile: "p", proofForm: "drat-binary" }],
    [["--no-binary"], { formulaFile: undefined, proofForm: "drat" }],
    [["--binary=0", "--lrat", "f"], { formulaFile: "f", proofForm: "lrat" }],
    [["--lrat=true", "-t", "5", "f"], { proofForm: "lrat-binary", timeoutS: 5 }],
    [["-q", "--no-witness", "-f", "f"], { isQuiet: true, showsModel: false }],
  ])("%j", (argv, options) => {
    expect(parseSatOptions(argv)).toMatchObject({ kind: "run", options });
  });

  it.each([[["-t", "x"]], [["a", "b", "c"]], [["--binary=maybe"]]])("refuses %j", (argv) => {
    expect(parseSatOptions(argv).kind).toBe("wrong");
  });
});

describe("the executable", () => {
  const executable = fileURLToPath(new URL("../../bin/quorate-sat.js", import.meta.url));
  const quorate = fileURLToPath(new URL("../../bin/quorate.js", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "quorate-sat-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function execute(
    argv: readonly string[],
    input: string,
    environment: Readonly<Record<string, string>> = { QUORATE_PROVERS: "none" },
  ) {
    return new Promise<{ readonly exitCode: number | null; readonly stdout: string }>((resolve) => {
      const child = spawn(process.execPath, [executable, ...argv], {
        cwd: folder,
        env: { ...process.env, XDG_CACHE_HOME: join(folder, "cache"), ...environment },
      });
      let stdout = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
      child.once("close", (exitCode) => resolve({ exitCode, stdout }));
      child.stdin.end(input);
    });
  }

  it("refutes pigeons with a proof, from its standard input", async () => {
    const ran = await execute(["--no-binary", "-", "p.drat"], dimacs(pigeonhole(5)));
    expect(ran).toEqual({ exitCode: 20, stdout: "s UNSATISFIABLE\n" });
    expect(readFileSync(join(folder, "p.drat"), "utf8").endsWith("\n0\n")).toBe(true);
  });

  it("answers again from this machine, and says so", async () => {
    const input = dimacs(pigeonhole(4));
    const first = await execute(["--explain", "-"], input);
    expect(first.stdout).toMatch(/^c local +nothing[^]*^c tier1 +found[^]*s UNSATISFIABLE\n$/m);
    const second = await execute(["--explain", "--mode=read-only-enforcing", "-"], input);
    expect(second).toMatchObject({
      exitCode: 20,
      stdout: expect.stringMatching(/^c local +found/),
    });
    const missed = await execute(["-"], dimacs(pigeonhole(3)), {
      QUORATE_MODE: "read-only-enforcing",
    });
    expect(missed).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("RESOLUTION_MISS"),
    });
  });

  it("records what it answers, and answers from the recording alone", async () => {
    const input = dimacs(pigeonhole(5));
    const [recording, elsewhere] = [join(folder, "recording"), join(folder, "elsewhere")];
    const environment = { QUORATE_RECORDING: recording, QUORATE_PROVERS: "none" };
    await execute(["--mode=record", "-"], input, environment);
    const replayed = ["--mode=replay", `--cache=${elsewhere}`, "-"];
    expect((await execute(replayed, input, environment)).exitCode).toBe(20);
    expect((await execute(replayed, dimacs(pigeonhole(2)), environment)).exitCode).toBe(1);
  });

  it("has a proof from another gateway, of whatever cluster", async () => {
    const input = dimacs(pigeonhole(4));
    const there = join(folder, "there");
    await execute([`--cache=${there}`, "-"], input);
    const argv = ["gateway", "--local", "--cache", there, "--port", "0", "--peer-port", "0"];
    const gateway = spawn(process.execPath, [quorate, ...argv, "--json"], { cwd: folder });
    try {
      const port = await new Promise<number>((resolve, reject) => {
        gateway.once("exit", () => reject(new Error("the gateway ended")));
        gateway.stdout.setEncoding("utf8").once("data", (line: string) => {
          resolve((JSON.parse(line) as { readonly peerPort: number }).peerPort);
        });
      });
      const here = [
        `--cache=${join(folder, "here")}`,
        `--peers=127.0.0.1:${port}`,
        "--explain",
        "-",
      ];
      const ran = await execute(here, input);
      expect(ran).toMatchObject({
        exitCode: 20,
        stdout: expect.stringMatching(/^c peers +found/m),
      });
      expect(ran.stdout).not.toContain("tier1");
    } finally {
      const ended = new Promise((resolve) => void gateway.once("exit", resolve));
      gateway.kill("SIGTERM");
      await ended;
    }
  });

  it("finds a model of a file", async () => {
    writeFileSync(join(folder, "f.cnf"), dimacs(randomClauses(1, 50, 150)));
    const ran = await execute(["f.cnf"], "");
    expect(ran.exitCode).toBe(10);
    expect(ran.stdout).toMatch(/^s SATISFIABLE\nv [-\d\sv]+ 0\n$/);
  });
});
