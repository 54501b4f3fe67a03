import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { writeTextFile, writeValueFile } from "./write-output.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-output-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Beyond the largest number that Linux gives a process: nobody's. */
const GONE = 2 ** 22 + 1;

const text = (file: string): Promise<string> =>
  writeTextFile(file, async (put) => {
    put("whole");
    return Promise.resolve("done");
  });
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(utf8("whole"));
}

const writers: readonly (readonly [string, (file: string) => Promise<unknown>])[] = [
  ["a text", text],
  ["a value", (file) => writeValueFile(file, chunks())],
];

describe.each(writers)("%s", (_what, write) => {
  it("stands under its name whole, and what was killed while it wrote there is gone", async () => {
    const file = join(folder, "out.mm");
    writeFileSync(`${file}.${GONE}.partial`, "half of i");
    await write(file);
    expect(readFileSync(file, "utf8")).toBe("whole");
    expect(readdirSync(folder)).toEqual(["out.mm"]);
  });

  it("leaves what others write, and what only looks like it", async () => {
    const file = join(folder, "out.mm");
    const others = [
      `out.mm.${process.ppid}.partial`,
      `out.mm2.${GONE}.partial`,
      "out.mm.partial",
      "out.mm.x.partial",
      `out.mm.${GONE}.kept`,
    ];
    for (const name of others) writeFileSync(join(folder, name), "theirs");
    await write(file);
    expect(readdirSync(folder).sort()).toEqual(["out.mm", ...others].sort());
  });

  it("that fails leaves nothing", async () => {
    await expect(write(join(folder, "nowhere", "out.mm"))).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
