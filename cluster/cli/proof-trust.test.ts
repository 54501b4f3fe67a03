import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dimacs, pigeonhole } from "../../proof/cnf/testing/sample-formulas.ts";
import { LOGIC, PROOFS } from "../../proof/metamath/testing/small-database.ts";
import { runJson, runQuorate } from "../../test/run-quorate.ts";

/** Whatever a command says of a proof, it says how far to trust it. With a cluster: test/up-down. */
const folder = mkdtempSync(join(tmpdir(), "quorate-trust-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = { XDG_CACHE_HOME: join(folder, "cache"), QUORATE_PROVERS: "none" };

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const formula = write("php.cnf", dimacs(pigeonhole(4)));
const easy = write("units.cnf", dimacs([[1], [-1]]));
const proof = write("units.lrat", "3 0 1 2 0\n");
const database = write("small.mm", `${LOGIC}${PROOFS}`);

const paths: readonly (readonly [string, readonly string[], string])[] = [
  ["mm verify", ["mm", "verify", database], "small.mm, every proof checked here"],
  ["cnf check", ["cnf", "check", easy, proof], "units.lrat, checked here"],
  ["cnf solve", ["cnf", "solve", formula], "the built-in solver, checked here"],
  ["resolve", ["resolve", formula], "tier1: built in"],
];

interface Told {
  readonly provenance?: string;
}

describe("grade, confidence and provenance of a proof", () => {
  it.each(paths)("are told by %s, to people and to programs", async (_what, words, provenance) => {
    const ran = await runQuorate(words, { folder, environment });
    expect(ran.exitCode).toBe(0);
    const said = `${ran.stdout}${ran.stderr}`;
    expect(said).toMatch(/checked-here/);
    expect(said).toMatch(/\b1\.00\b/);
    expect(said).toContain(provenance);
    // What is known by now is found on this machine.
    const told = await runJson<Told>(words, { folder, environment });
    expect(told).toMatchObject({ exitCode: 0, grade: "checked-here", confidence: 1 });
    const isLookedUp = words[0] === "resolve";
    expect(told.provenance).toBe(isLookedUp ? "local: this machine" : provenance);
  });

  it("are none where there is no proof", async () => {
    const refused = await runJson(["cnf", "check", formula, proof], { folder, environment });
    expect(refused).toMatchObject({ exitCode: 1, status: "reject" });
    expect(refused).not.toHaveProperty("grade");
    const hard = write("hard.cnf", dimacs(pigeonhole(8)));
    for (const [status, ...options] of [["unresolved"], ["deferred", "--defer"]]) {
      const words = ["resolve", hard, "--fuel", "1000", ...options];
      expect(await runJson(words, { folder, environment })).toMatchObject({
        ...{ exitCode: 3, status, grade: "none", confidence: 0 },
      });
    }
  });
});
