import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LOGIC } from "../../proof/metamath/testing/small-database.ts";
import { QUORATE } from "../../test/run-quorate.ts";

/** The real executable on inputs that ask for more than there is: an answer, in bounded memory. */
const RESIDENT_BYTES_MAX = 256 * 1024 * 1024;
const LOOK_MS = 5;

const folder = mkdtempSync(join(tmpdir(), "quorate-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The number in a compressed proof's letters. */
function letters(number: number): string {
  let rest = Math.floor(number / 20);
  let text = String.fromCharCode(65 + (number % 20));
  for (; rest > 0; rest = Math.floor((rest - 1) / 5)) {
    text = String.fromCharCode(85 + ((rest - 1) % 5)) + text;
  }
  return text;
}

/** Each save doubles the formula: two kilobytes that ask for 2^400 symbols. */
const doubled = Array.from({ length: 400 }, (_, at) => `Z${letters(2 + at)}B`).join("");

const FILES: Readonly<Record<string, string>> = {
  "doubled.mm": `${LOGIC} big $p wff p $= ( wi ) AAB${doubled} $.`,
  "letters.mm": `${LOGIC} big $p wff p $= ( wi ) A${"Y".repeat(399)}A $.`,
  "square.cnf": "p cnf 2 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n",
  "far.cnf": "p cnf 2147483647 3\n2147483647 0\n-2147483647 1 0\n-1 0\n",
  "header.cnf": "p cnf 2147483647 2147483647\n1 0\n-1 0\n",
  "far.lrat": "2147483647 2 0 1 2 0\n",
  "wide.lrat": "5 2147483647 0 0\n",
  "digits.lrat": `5 2 0 1 ${"7".repeat(400)} 0\n`,
  "cut.lrat": "5 2 0 1 2 0\n6 0 5 3",
  "between.lrat": "5 2 0 1 2 0\n",
};

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** The most that it was seen to hold. */
  readonly residentBytes: number;
}

async function run(...words: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [QUORATE, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [stdout, residentBytes] = ["", 0];
  child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  const look = setInterval(() => {
    residentBytes = Math.max(residentBytes, residentOf(child.pid));
  }, LOOK_MS);
  const exitCode = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  clearInterval(look);
  return { exitCode, stdout, residentBytes };
}

function residentOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

const EXITS = { reject: 1, resource: 3 } as const;

describe("a hostile input ends in reject or resource, within 256 MB", () => {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const check = (proof: string) => ["cnf", "check", "square.cnf", proof];

  it.each([
    ["a formula of exponential size", "resource", ["mm", "verify", "doubled.mm"]],
    ["a number of 400 letters", "reject", ["mm", "verify", "letters.mm"]],
    ["a header that lies", "reject", ["cnf", "key", "header.cnf"]],
    ["a clause number of 2^31-1", "reject", [...check("far.lrat"), "--format", "lrat"]],
    ["a variable of 2^31-1 in a proof", "reject", [...check("wide.lrat"), "--format", "lrat"]],
    ["a number of 400 digits", "reject", [...check("digits.lrat"), "--format", "lrat"]],
    ["a proof that is cut off", "reject", [...check("cut.lrat"), "--format", "lrat"]],
    ["a proof that is cut between steps", "reject", [...check("between.lrat"), "--format", "lrat"]],
  ] as const)("%s: %s", async (_what, status, words) => {
    const ran = await run(...words);
    expect(ran.exitCode).toBe(EXITS[status]);
    expect(ran.stdout).toMatch(new RegExp(`^${status} [^]*\\(offset \\d+\\)\\n$`));
    expect(ran.residentBytes).toBeLessThan(RESIDENT_BYTES_MAX);
  });

  it("and a variable of 2^31-1 in a formula is one variable", async () => {
    const ran = await run("cnf", "solve", "far.cnf");
    expect(ran).toMatchObject({ exitCode: 0, stdout: "unsat\n" });
    expect(ran.residentBytes).toBeLessThan(RESIDENT_BYTES_MAX);
  });
});
