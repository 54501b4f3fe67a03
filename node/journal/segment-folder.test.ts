import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../base/bytes.ts";
import { Tally } from "../metrics/tally.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { JOURNAL_SEGMENT_COUNT, JOURNAL_WRITE_QUEUE_MAX } from "./limits.ts";
import { SegmentFolder, listSegments, readSegment } from "./segment-folder.ts";

const HEADER = utf8("HEADER");
const BLOCK = new Uint8Array(100).fill(7);

describe("segments", () => {
  it("each begin with the header and hold blocks in their order", async () => {
    const folder = join(temporaryFolder(), "journal");
    const segments = open(folder, 80_000);
    for (const byte of [1, 2, 3]) segments.append(BLOCK.slice().fill(byte));
    await segments.close();
    const [segment] = listSegments(folder);
    expect(segment?.name).toBe("5-000001.qjournal");
    const blocks = [1, 2, 3].map((byte) => BLOCK.slice().fill(byte));
    expect(readSegment(folder, segment!)).toEqual(concatBytes(HEADER, ...blocks));
  });

  it("stay within their bound together: the oldest goes", async () => {
    const folder = temporaryFolder();
    const bytesMax = 8000;
    for (const incarnation of [5, 6]) {
      const segments = open(folder, bytesMax, incarnation);
      for (let count = 0; count < 300; count++) {
        segments.append(BLOCK);
        if (count % 20 === 0) await segments.written();
      }
      await segments.close();
      expect(segments.size).toBeLessThanOrEqual(bytesMax);
      const sizes = listSegments(folder).map(({ size }) => size);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(segments.size);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(
        bytesMax / JOURNAL_SEGMENT_COUNT + BLOCK.length,
      );
    }
    expect(listSegments(folder).every(({ incarnation }) => incarnation === 6)).toBe(true);
  });

  it("of a smaller bound than before are dropped when it is opened", async () => {
    const folder = temporaryFolder();
    const before = open(folder, 80_000);
    for (let count = 0; count < 60; count++) before.append(BLOCK);
    await before.close();
    const segments = open(folder, 800, 6);
    expect(segments.size).toBeLessThanOrEqual(800);
    await segments.close();
  });

  it("leave alone what is none of theirs", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "notes.txt"), "mine");
    const segments = open(folder, 8000);
    for (let count = 0; count < 200; count++) segments.append(BLOCK);
    await segments.close();
    expect(existsSync(join(folder, "notes.txt"))).toBe(true);
  });

  it("of a disk that does not follow drop blocks and count them", async () => {
    const drops = new Tally();
    const segments = open(temporaryFolder(), 80_000, 5, drops);
    for (let count = 0; count < JOURNAL_WRITE_QUEUE_MAX + 10; count++) segments.append(BLOCK);
    expect(drops.get("journal-disk-slow")).toBeGreaterThanOrEqual(9);
    await segments.close();
  });

  it("that cannot be written cost blocks and no more, and begin anew when they can", async () => {
    const folder = join(temporaryFolder(), "journal");
    const drops = new Tally();
    const segments = open(folder, 80_000, 5, drops);
    rmSync(folder, { recursive: true });
    segments.append(BLOCK);
    await segments.written();
    expect(drops.get("journal-not-written")).toBe(1);
    mkdirSync(folder);
    segments.append(BLOCK);
    await segments.close();
    expect(listSegments(folder).map(({ name }) => name)).toEqual(["5-000002.qjournal"]);
  });
});

function open(
  folder: string,
  bytesMax: number,
  incarnation = 5,
  drops = new Tally(),
): SegmentFolder {
  return new SegmentFolder(folder, { incarnation, header: HEADER, bytesMax }, drops);
}
