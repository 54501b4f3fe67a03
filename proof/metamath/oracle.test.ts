import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import { LOGIC, PROOFS, readText } from "./testing/small-database.ts";

const missing = spawnSync("metamath", ["exit"]).status !== 0;
const title = missing
  ? "metamath agrees, skipped: metamath: apt-get install metamath"
  : "metamath agrees";
const folder = mkdtempSync(join(tmpdir(), "quorate-oracle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const QUANTIFIED = `$c A. $. \${ $d p q $. gen $a |- A. p q $. $}
\${ $d p q $. g $p |- A. p q $= ( gen ) ABC $. $}
`;
const TEXT = LOGIC + PROOFS + QUANTIFIED;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ$.{}()= apfevd?";
const MUTANT_COUNT = 250;

/** A letter replaced, or a word repeated elsewhere, exchanged with another, or left out. */
function mutant(prng: Prng): string {
  const words = TEXT.split(/(\s+)/);
  const [one, other] = [2 * prng.below(words.length >> 1), 2 * prng.below(words.length >> 1)];
  const at = prng.below(TEXT.length);
  switch (prng.below(4)) {
    case 0:
      return TEXT.slice(0, at) + LETTERS.charAt(prng.below(LETTERS.length)) + TEXT.slice(at + 1);
    case 1:
      words[one] = words[other]!;
      break;
    case 2:
      [words[one], words[other]] = [words[other]!, words[one]!];
      break;
    default:
      words.splice(one, 2);
  }
  return words.join("");
}

/** It says everything on stdout, and ends with 0 whatever it found. */
function metamathAccepts(text: string): boolean {
  writeFileSync(join(folder, "t.mm"), text, "latin1");
  const words = ['read "t.mm"', "verify proof *", "exit"];
  const { stdout, status } = spawnSync("metamath", words, { cwd: folder, encoding: "latin1" });
  const complaint = (line: string): boolean =>
    /\?|error|incomplete/i.test(line) && !/^MM>|HELP|No errors were found/.test(line);
  return status === 0 && !stdout.split("\n").some(complaint);
}

describe.skipIf(missing)(title, () => {
  it("about a sound text and 250 that differ from it by a word or a letter", () => {
    const prng = new Prng(17);
    const counts = { accepted: 0, refused: 0 };
    for (let index = 0; index < MUTANT_COUNT; index++) {
      const text = index === 0 ? TEXT : mutant(prng);
      const accepted = readText(utf8(text)).refused === undefined;
      expect(accepted, text).toBe(metamathAccepts(text));
      counts[accepted ? "accepted" : "refused"]++;
    }
    expect(counts.accepted).toBeGreaterThan(10);
    expect(counts.refused).toBeGreaterThan(100);
  }, 120_000);
});
