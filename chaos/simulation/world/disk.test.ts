import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../../base/bytes.ts";
import { SimulatedDisk } from "./disk.ts";
import { tableHash } from "./table-hash.ts";
import { World } from "./world.ts";

async function written(seed: number, flushed: string, unflushed: string): Promise<SimulatedDisk> {
  const world = new World(seed);
  const disk = new SimulatedDisk(world, world.streams.of("disk"), tableHash);
  const files = disk.files();
  files.create("log", utf8(""));
  files.syncNames();
  const file = files.open("log", 0);
  file.write(utf8(flushed), 0);
  const flush = file.sync();
  await world.runUntil(1000);
  await flush;
  file.write(utf8(unflushed), flushed.length);
  return disk;
}

const read = (disk: SimulatedDisk): string => fromUtf8(disk.files().read("log")) ?? "?";
const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

describe("a simulated disk", () => {
  it("shows a process what it wrote", async () => {
    expect(read(await written(1, "safe", " and not"))).toBe("safe and not");
  });

  it("keeps what was flushed over every crash, and of the rest a part", async () => {
    const kept = new Set<number>();
    for (const seed of seeds) {
      const disk = await written(seed, "safe", " and not");
      disk.crash();
      expect(read(disk).startsWith("safe")).toBe(true);
      kept.add(read(disk).length);
    }
    expect(kept.size).toBeGreaterThan(3);
  });

  it("forgets the flush of a process that is gone", async () => {
    const world = new World(1);
    const disk = new SimulatedDisk(world, world.streams.of("disk"), tableHash);
    const files = disk.files();
    files.create("log", utf8(""));
    const file = files.open("log", 0);
    file.write(utf8("half"), 0);
    let isDone = false;
    void file.sync().then(() => (isDone = true));
    disk.crash();
    await world.runUntil(1000);
    expect(isDone).toBe(false);
  });

  it("refuses writes when it is full, and names its damage", async () => {
    const disk = await written(1, "safe", "");
    disk.mood.full = true;
    expect(() => disk.files().create("more", utf8("x"))).toThrow(
      expect.objectContaining({ code: "ENOSPC" }),
    );
    expect(disk.rot()).toBe(true);
    expect(disk.damage).toEqual(["rotten"]);
    expect(read(disk)).not.toBe("safe");
  });
});
