import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import { DiskTier } from "../../client/cache/disk-tier.ts";
import { eventually, metric, openDoor } from "../../client/gateway/testing/door-world.ts";
import type { RunningGateway } from "../../client/gateway/start-gateway.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { ScriptedCluster } from "../../client/gateway/testing/scripted-cluster.ts";
import { buildWithCcache, hasTool } from "./ccache-build.ts";
import type { Build } from "./ccache-build.ts";

const missing = ["ccache", "gcc", "make"].filter((name) => !hasTool(name));
const title =
  missing.length === 0
    ? "a real ccache building while what it has stored is evicted"
    : `a real ccache; skipped: ${missing.join(", ")}: run bin/system-packages.js as root`;

const MIB = 1024 * 1024;
/** Less than half of what the build stores; its large objects are cut into chunks, which they share. */
const DISK_BYTES_MAX = 10 * MIB;
const LARGE_COUNT = 10;
const SMALL_COUNT = 40;
const WORDS = 300_000;
const OBJECTS: readonly string[] = [
  ...Array.from({ length: SMALL_COUNT }, (_, number) => `small${number}.o`),
  ...Array.from({ length: LARGE_COUNT }, (_, number) => `large${number}.o`),
];

describe.skipIf(missing.length > 0)(title, () => {
  let folder: string;
  let cluster: ScriptedCluster;
  let gateway: RunningGateway;
  let honest: ReadonlyMap<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-evicting-"));
    writeProject(join(folder, "one"));
    cpSync(join(folder, "one"), join(folder, "two"), { recursive: true });
    honest = (await build("one", "")).objects;
    expect(honest.size).toBe(OBJECTS.length);
    cluster = new ScriptedCluster();
    await open();
  });
  afterAll(async () => {
    await gateway?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const home = (): string => join(folder, "gateway");
  async function open(): Promise<void> {
    const bounds = { diskBytesMax: DISK_BYTES_MAX, memoryBytesMax: MIB };
    gateway = await openDoor(home(), cluster, bounds);
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
  }
  /** Uncompressed, so that its objects are as large as they are. */
  function build(checkout: string, url: string, goals = OBJECTS): Promise<Build> {
    const make = ["CC=CCACHE_NOCOMPRESS=1 ccache gcc", ...goals];
    return buildWithCcache(join(folder, checkout), make, { folder, url });
  }
  const url = (): string => `${gateway.url}/cache/team-a/|connect-timeout=10000`;
  const disk = (what: string): Promise<number> =>
    metric(gateway.url, `quorate_gateway_cache{tier="disk",what="${what}"}`);

  it("is never broken, and has what it had without a cache", async () => {
    expect((await build("one", url())).objects).toEqual(honest);
    await eventually(
      async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0,
    );
    for (let round = 0; round < 2; round++) {
      const both = await Promise.all([build("one", url()), build("two", url())]);
      for (const { objects, statistics } of both) {
        expect(objects).toEqual(honest);
        expect(statistics.get("cache_miss") ?? 0).toBe(0);
      }
    }
    expect(await disk("evictions")).toBeGreaterThan(LARGE_COUNT);
    expect(await disk("corrupt")).toBe(0);
    await eventually(async () => (await disk("bytes")) <= DISK_BYTES_MAX);
  });

  it("leaves no chunk that nobody names, and none counted wrong", async () => {
    await eventually(async () => (await disk("chunks")) > 0);
    await gateway.close();
    const tier = await DiskTier.open({ folder: join(home(), "cache") });
    const found = { ...(await tier.verify()), corrupt: tier.counts().corrupt };
    await tier.close();
    expect(found).toEqual({ strayFiles: 0, miscounted: 0, corrupt: 0 });
  });

  it("is not broken by bits that flip on the disk either", async () => {
    const flipped = flipBits(join(home(), "cache"));
    expect(flipped).toBeGreaterThan(0);
    await open();
    for (const checkout of ["one", "two"]) {
      // What was used last is there still, and is asked for first.
      expect((await build(checkout, url(), OBJECTS.toReversed())).objects).toEqual(honest);
    }
    expect(await disk("corrupt")).toBeGreaterThan(0);
  });
});

/** Half of each large object is the same as in all others, as a library's is. */
function writeProject(folder: string): void {
  mkdirSync(folder);
  const words = (seed: string): string =>
    `asm(".data\\n.set i,0\\n.rept ${WORDS / 2}\\n.quad (i+${seed})*0x9E3779B97F4A7C15\\n.set i,i+1\\n.endr");\n`;
  for (let number = 0; number < LARGE_COUNT; number++) {
    const own = `${number + 1}000000`;
    writeFileSync(join(folder, `large${number}.c`), words("7") + words(own));
  }
  for (let number = 0; number < SMALL_COUNT; number++) {
    const source = `int small${number}(int x) { return x + ${number}; }\n`;
    writeFileSync(join(folder, `small${number}.c`), source);
  }
  writeFileSync(join(folder, "Makefile"), "%.o: %.c\n\t$(CC) -c $< -o $@\nclean:\n\trm -f *.o\n");
}

/** One bit in each file of a value or a chunk, where it happens to be. */
function flipBits(cache: string): number {
  const random = new Prng(1);
  const files = ["values", "chunks"].flatMap((kind) => filesBelow(join(cache, kind)));
  for (const file of files) {
    const bytes = readFileSync(file);
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    writeFileSync(file, bytes);
  }
  return files.length;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size > 0);
}
