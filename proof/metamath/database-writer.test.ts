import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { writeDatabase } from "./database-writer.ts";
import type { Page } from "./database-writer.ts";
import { DATABASE_BUDGET } from "./metamath-1.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "./testing/small-database.ts";
import { Stored } from "./testing/stored.ts";

const FOLDER = "/usr/share/metamath/databases";
const missing = !existsSync(join(FOLDER, "ql.mm")) || spawnSync("metamath", ["exit"]).status !== 0;
const title = missing
  ? "written pages, skipped: metamath: apt-get install metamath metamath-databases"
  : "written pages";
const scratch = mkdtempSync(join(tmpdir(), "quorate-writer-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** In the order of the source; what repeats an earlier statement is left out. */
function pagesOf(source: string | Uint8Array): readonly Page[] {
  const stored = new Stored(readSound(source));
  const { database } = stored;
  const seen = new Set<string>();
  return [...database.assertions()].flatMap((assertion) => {
    const [label, key] = [database.labelOf(assertion), stored.keyOf(assertion)];
    if (seen.has(toHex(key))) return [];
    seen.add(toHex(key));
    const proof = database.isAxiom(assertion) ? undefined : stored.proofOf(label);
    return [{ label, key, payload: stored.payloadOf(label), proof }];
  });
}

function write(pages: readonly Page[]): CheckResult<string> {
  let text = "";
  const result = writeDatabase(pages, DATABASE_BUDGET, (part) => (text += part));
  return result.status === "accept" ? { status: "accept", value: text } : result;
}

function written(pages: readonly Page[]): string {
  const result = write(pages);
  if (result.status !== "accept") throw new Error(`${result.reason} ${result.detail ?? ""}`);
  return result.value;
}

/** The same keys under the same labels, and every proof accepted again. */
function expectSame(pages: readonly Page[], text: string): void {
  const database = readSound(text);
  const keys = pages.map(({ label }) => toHex(database.keyOf(sha256, database.find(label)!)));
  expect(keys).toEqual(pages.map(({ key }) => toHex(key)));
  expect([...database.assertions()].length).toBe(pages.length);
}

describe("pages of a store, written as a database", () => {
  const pages = pagesOf(`${LOGIC}${PROOFS}`);

  it("say the same, and hold again", () => expectSame(pages, written(pages)));

  it("remember what is used twice, and nothing else", () => {
    const text = `${LOGIC} t $p wff ( ( p -> p ) -> ( p -> p ) ) $= ( wi ) AZABZDB $.`;
    const more = pagesOf(text);
    expect(written(more)).toMatch(/t \$p [^$]*\$= \( wi \)\nAABZCB \$\./);
    expectSame(more, written(more));
  });

  it("with no name of ours where the pages have it", () => {
    const text = `$c |- v: wff t.1-h $. $v x $. vx $f wff x $. v1.0-h $a |- x v: $.
      \${ h $e |- x v: $. t $p |- x v: $= h $. $}`;
    const odd = pagesOf(text);
    expectSame(odd, written(odd));
  });

  it("unless a page cites what does not come before it, or a label is none", () => {
    const backwards = [...pages].reverse();
    expect(write(backwards)).toMatchObject({ reason: "citation-unknown" });
    const labelled = (label: string): readonly Page[] => [{ ...pages[0]!, label }];
    const injected = labelled("x $a wff p $. y");
    expect(write(injected)).toMatchObject({ reason: "label-character" });
    expect(write(labelled("wff"))).toMatchObject({
      reason: "label-is-symbol",
    });
    expect(write([pages[0]!, pages[0]!])).toMatchObject({
      reason: "label-repeated",
    });
  });
});

describe.skipIf(missing)(title, () => {
  it.each(["demo0.mm", "hol.mm", "ql.mm"])(
    "of %s are accepted by metamath",
    (name) => {
      const pages = pagesOf(new Uint8Array(readFileSync(join(FOLDER, name))));
      const text = written(pages);
      expectSame(pages, text);
      writeFileSync(join(scratch, name), text);
      const words = [`read "${name}"`, "verify proof *", "exit"];
      const { stdout } = spawnSync("metamath", words, { cwd: scratch, encoding: "latin1" });
      expect(stdout).toMatch(/All proofs in the database were verified/);
      expect(stdout).not.toMatch(/\?(?:Error|Warning)/);
    },
    120_000,
  );
});
