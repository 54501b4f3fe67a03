import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  dimacs,
  disguised,
  pigeonhole,
  randomClauses,
  tseitin,
} from "../../proof/cnf/testing/sample-formulas.ts";
import type { Clauses } from "../../proof/cnf/testing/sample-formulas.ts";
import { runJson, runQuorate } from "../../test/run-quorate.ts";

/** The real executable: `cnf check`, `cnf key` and `cnf solve`, which need no cluster. */
const folder = mkdtempSync(join(tmpdir(), "quorate-cnf-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CADICAL = "/usr/bin/cadical";
const hasCadical = existsSync(CADICAL);
const lacking = hasCadical ? "" : " skipped: cadical: npm run packages";

const quorate = (...args: readonly string[]) => runQuorate(["cnf", ...args], { folder });
const json = <Answer>(...args: readonly string[]) => runJson<Answer>(["cnf", ...args], { folder });

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const SQUARE: Clauses = [
  [1, 2],
  [-1, 2],
  [1, -2],
  [-1, -2],
];

describe("cnf check answers with its exit code, and says where", () => {
  const formula = write("square.cnf", dimacs(SQUARE));

  it.each([
    ["drat", "2 0\n0\n"],
    ["drat-binary", Uint8Array.of(0x61, 4, 0, 0x61, 0)],
    ["frat", "o 1 1 2 0\na 5 2 0 l 1 2 0\na 6 0\n"],
    ["frat-binary", Uint8Array.of(0x6f, 1, 2, 4, 0, 0x61, 5, 4, 0, 0x61, 6, 0)],
    ["lrat", "5 2 0 1 2 0\n6 0 5 3 4 0\n"],
    ["lrat-binary", Uint8Array.of(0x61, 10, 4, 0, 2, 4, 0, 0x61, 12, 0, 10, 6, 8, 0)],
  ])("0: a proof, known as %s", async (format, proof) => {
    const ran = await json("check", formula, write("proof", proof));
    expect(ran).toMatchObject({ exitCode: 0, status: "accept", verdict: "unsat", format });
  });

  it("0: a model", async () => {
    const satisfiable = write("sat.cnf", dimacs([[1, 2], [-2]]));
    const model = write("model", "c hello\ns SATISFIABLE\nv 1 -2\nv 0\n");
    const ran = await json("check", satisfiable, model);
    expect(ran).toMatchObject({ exitCode: 0, verdict: "sat", format: "model" });
    const wrong = write("model", "s SATISFIABLE\nv 1 2 0\n");
    expect((await quorate("check", satisfiable, wrong)).exitCode).toBe(1);
  });

  it("1: a step that does not follow", async () => {
    const ran = await quorate("check", formula, write("bad.lrat", "5 2 0 1 2 0\n6 0 5 3 0\n"));
    expect(ran).toMatchObject({
      exitCode: 1,
      stdout: "reject no-conflict\n  bad.lrat (offset 12)\n",
    });
  });

  it("1: the proof by which a public checker is deceived", async () => {
    const satisfiable = write("units.cnf", dimacs([[1], [2]]));
    const ran = await quorate("check", satisfiable, write("evil.lrat", "3 0 1 2 0\n"));
    expect(ran.exitCode).toBe(1);
  });

  it("2: what is no plain formula", async () => {
    const weighted = write("w.cnf", "p wcnf 1 1 5\n5 1 0\n");
    expect((await quorate("check", weighted, "square.cnf")).exitCode).toBe(2);
    const claim = write("claim", "s UNSATISFIABLE\n");
    expect((await quorate("check", formula, claim)).exitCode).toBe(2);
  });

  it("3: a clause number for which no table is large enough", async () => {
    const proof = write("far.lrat", "2147483647 2 0 1 2 0\n");
    expect((await quorate("check", formula, proof)).exitCode).toBe(1);
    const ran = await json("check", formula, proof, "--memory", "1");
    expect(ran).toMatchObject({ exitCode: 3, status: "resource", refused: { reason: "memory" } });
  });

  it("66: no such file", async () => {
    expect((await quorate("check", "nothing.cnf", "nothing")).exitCode).toBe(66);
  });
});

describe("cnf key", () => {
  it("is the same for every disguise, and another for a near miss", async () => {
    const base = randomClauses(4, 40, 160);
    const keyOf = async (clauses: Clauses) =>
      (await quorate("key", write("k.cnf", dimacs(clauses)))).stdout;
    const key = await keyOf(base);
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await keyOf(disguised(base, 5))).toBe(key);
    expect(await keyOf(base.slice(1))).not.toBe(key);
  });

  it("says that it is weak where the search had to end", async () => {
    const equal = Array.from({ length: 80 }, (_, at) => [3 * at + 1, -(3 * at + 2), 3 * at + 3]);
    const ran = await json("key", write("weak.cnf", dimacs(equal)));
    expect(ran).toMatchObject({ exitCode: 0, strength: "weak", clauses: 80, variables: 240 });
  });
});

describe("cnf solve", () => {
  it.each(["drat", "drat-binary", "lrat", "lrat-binary", "stored"])(
    "writes a proof as %s that the check accepts",
    async (form) => {
      const formula = write("php.cnf", dimacs(disguised(pigeonhole(5), 3)));
      const ran = await quorate("solve", formula, "--proof", "php.proof", "--form", form);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "unsat\n" });
      expect(await json("check", formula, "php.proof")).toMatchObject({
        exitCode: 0,
        format: form,
      });
    },
  );

  it("prints a model that the check accepts", async () => {
    const formula = write("even.cnf", dimacs(tseitin(9, 0)));
    const { stdout, exitCode } = await quorate("solve", formula);
    expect(exitCode).toBe(0);
    const model = write("even.model", stdout.replace("sat\n", "s SATISFIABLE\n"));
    expect(await json("check", formula, model)).toMatchObject({ exitCode: 0, verdict: "sat" });
  });

  it("3: its fuel is spent", async () => {
    const formula = write("hard.cnf", dimacs(pigeonhole(9)));
    expect((await quorate("solve", formula, "--fuel", "100000")).exitCode).toBe(3);
  });
});

describe.skipIf(!hasCadical)(`with the proofs of cadical${lacking}`, () => {
  const solve = (formula: string, ...options: readonly string[]) =>
    spawnSync(CADICAL, ["-q", ...options, formula, "cadical.proof"], { cwd: folder });

  it.each([
    ["pigeons", pigeonhole(7), "drat-binary"],
    ["pigeons as text", pigeonhole(6), "drat"],
    ["an odd parity", tseitin(13, 1), "drat-binary"],
    ["random clauses beyond the threshold", randomClauses(1, 150, 690), "drat-binary"],
    ["random clauses as text", randomClauses(3, 130, 620), "drat"],
  ] as const)("%s: accepted, and rejected when cut", async (_what, clauses, form) => {
    const formula = write("hard.cnf", dimacs(clauses));
    expect(solve(formula, form === "drat" ? "--no-binary" : "--binary").status).toBe(20);
    expect(await json("check", formula, "cadical.proof")).toMatchObject({
      exitCode: 0,
      format: form,
    });
    const whole = readFileSync(join(folder, "cadical.proof"));
    truncateSync(join(folder, "cadical.proof"), Math.floor(whole.length / 3));
    expect((await quorate("check", formula, "cadical.proof")).exitCode).toBe(1);
  });

  it.each(Array.from({ length: 10 }, (_, seed) => seed + 1))(
    "and its answers, on random clauses at the threshold, seed %i, are ours",
    async (seed) => {
      const formula = write("threshold.cnf", dimacs(randomClauses(seed, 120, 511)));
      const theirs = solve(formula).status;
      const ours = await quorate("solve", formula);
      expect(ours.stdout.split("\n")[0]).toBe(theirs === 10 ? "sat" : "unsat");
    },
  );
});
