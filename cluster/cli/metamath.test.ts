import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

/** The real executable: `mm verify` and `mm key`, which need no cluster. */
const QUORATE = fileURLToPath(new URL("../../bin/quorate.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "quorate-mm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEAD = "$c wff |- ( ) -> $. $v p q $.\nwp $f wff p $. wq $f wff q $.\n";
const LOGIC = `${HEAD}wi $a wff ( p -> q ) $.\nax $a |- ( p -> p ) $.\n`;

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
}

function quorate(text: string | Uint8Array, ...words: readonly string[]): Promise<Ran> {
  writeFileSync(join(folder, "t.mm"), text);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [QUORATE, "mm", ...words], { cwd: folder });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    child.once("close", (exitCode) => resolve({ exitCode, stdout }));
  });
}

/** Doubles a formula in each step: `A` is wp, `B` is wi, and then come the remembered ones. */
const doubled = "CDEFGHIJKLMNOPQRST"
  .split("")
  .map((letter) => `Z${letter}B`)
  .join("");

describe("mm verify answers with its exit code, and says where", () => {
  it("0: every proof holds", async () => {
    const ran = await quorate(`${LOGIC}t $p |- ( q -> q ) $= wq ax $.`, "verify", "t.mm");
    expect(ran).toEqual({ exitCode: 0, stdout: "accept: 1 theorems from 2 axioms hold\n" });
  });

  it("1: a false proof", async () => {
    const ran = await quorate(`${LOGIC}t $p |- ( q -> p ) $= wq ax $.`, "verify", "t.mm");
    const lines = "reject conclusion-differs in t\n  t.mm:5:29 (offset 135)\n";
    expect(ran).toEqual({ exitCode: 1, stdout: lines });
  });

  it("2: a proof that is not there yet", async () => {
    const ran = await quorate(`${LOGIC}t $p |- ( q -> q ) $= ? $.`, "verify", "t.mm");
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toMatch(/^decline proof-incomplete in t\n/);
  });

  it("3: a formula that no budget holds", async () => {
    const steps = `AAB${doubled}`;
    const big = `${LOGIC}t $p wff p $= ( wi ) ${steps}${"ZTB".repeat(40)} $.`;
    const ran = await quorate(big, "verify", "t.mm", "--json");
    expect(ran.exitCode).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      status: "resource",
      refused: [{ label: "t", status: "resource", reason: "memory", line: 5 }],
    });
  });

  it("66: no such file", async () => {
    expect((await quorate(LOGIC, "verify", "nothing.mm")).exitCode).toBe(66);
  });
});

describe("mm key", () => {
  it("is the same for a statement in other words", async () => {
    const one = await quorate(`${LOGIC}t $p |- ( q -> q ) $= wq ax $.`, "key", "t.mm", "t");
    const other = await quorate(`${LOGIC}u $p |- ( p -> p ) $= ? $.`, "key", "t.mm", "u");
    expect(one.exitCode).toBe(0);
    expect(one.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(other).toEqual(one);
    const json = await quorate(
      `${LOGIC}t $p |- ( q -> q ) $= wq ax $.`,
      "key",
      "t.mm",
      "t",
      "--json",
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      key: one.stdout.trim(),
      kind: "metamath/1",
      isAxiom: false,
      axiomCount: 1,
    });
  });

  it("of nothing is 1", async () => {
    expect((await quorate(LOGIC, "key", "t.mm", "nothing")).exitCode).toBe(1);
  });
});
