import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EvidenceFolder } from "./evidence-folder.ts";
import { HaltLatch } from "./halt-latch.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

it("is open until it is set, and stays set over a restart", () => {
  const file = join(temporaryFolder(), "halted.json");
  const latch = new HaltLatch(file);
  expect(latch.isSet).toBe(false);
  latch.set("two certificates", [Uint8Array.of(1), Uint8Array.of(2)]);
  expect(latch.isSet).toBe(true);
  expect(new HaltLatch(file).isSet).toBe(true);
});

it("keeps the first evidence", () => {
  const file = join(temporaryFolder(), "halted.json");
  const latch = new HaltLatch(file);
  latch.set("first", [Uint8Array.of(1)]);
  latch.set("second", []);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    format: 1,
    what: "first",
    proofs: ["01"],
  });
});

it("is set by a file that cannot be understood", () => {
  const file = join(temporaryFolder(), "halted.json");
  writeFileSync(file, "");
  expect(new HaltLatch(file).isSet).toBe(true);
});

it("keeps evidence of each liar up to a bound, over restarts too", () => {
  const folder = join(temporaryFolder(), "evidence");
  const keep = (author: number): boolean =>
    new EvidenceFolder(folder).keep(author, "two votes", [Uint8Array.of(author)]);
  expect(Array.from({ length: 20 }, () => keep(1)).filter(Boolean)).toHaveLength(16);
  expect(keep(2)).toBe(true);
});
