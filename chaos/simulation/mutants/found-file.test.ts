import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FoundFile } from "./found-file.ts";

const folder = mkdtempSync(join(tmpdir(), "quorate-found-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const one = { name: "one", seed: 7, checker: "agreement", seedsToFind: 7 };

describe("a file of finds", () => {
  it("is empty before the first", () => {
    expect(new FoundFile(join(folder, "none")).read()).toEqual([]);
  });

  it("gives back each find in its order", () => {
    const file = new FoundFile(join(folder, "found.jsonl"));
    file.append(one);
    file.append({ ...one, name: "two" });
    expect(file.read().map(({ name }) => name)).toEqual(["one", "two"]);
    expect(file.read()[0]).toEqual(one);
  });

  it("cannot be read past a line that is none", () => {
    const path = join(folder, "broken.jsonl");
    appendFileSync(path, '{"name":"on');
    expect(() => new FoundFile(path).read()).toThrow(SyntaxError);
  });
});
