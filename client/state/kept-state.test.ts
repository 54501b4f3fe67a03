import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, Hash, Sequence } from "../../base/types.ts";
import { Epochs } from "../../consensus/epochs/epochs.ts";
import { ReaderClock } from "../link/reader-clock.ts";
import { Sweep } from "../link/sweep.ts";
import { nodePlatform } from "../platform/node-platform.ts";
import { Floor } from "../read/floor.ts";
import { KeptState } from "./kept-state.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-state-"));
});
afterEach(() => rm(folder, { recursive: true }));

const cluster = new Uint8Array(32).fill(1) as Hash;

interface Reader {
  readonly floor: Floor;
  readonly clock: ReaderClock;
  readonly kept: KeptState;
  readonly close: () => Promise<void>;
}

async function reader(clusterId: Hash = cluster): Promise<Reader> {
  const platform = nodePlatform({ folder });
  const sweep = new Sweep(platform);
  const [floor, clock] = [new Floor(), new ReaderClock(platform)];
  const genesis = { clusterId, epoch: 0 as Epoch, members: [], faultyMax: 0 };
  const epochs = new Epochs(platform.crypto, genesis);
  const kept = new KeptState(
    { clusterId, storage: platform.state },
    { floor, clock, sweep, epochs },
  );
  await kept.load();
  const close = async (): Promise<void> => {
    await kept.close();
    sweep.close();
    platform.blobs.close();
  };
  return { floor, clock, kept, close };
}

describe("what a reader keeps", () => {
  it("comes back after a restart: floor, highest time, position in the log", async () => {
    const first = await reader();
    first.floor.noteServed(7 as Sequence);
    first.floor.noteWritten(9 as Sequence);
    first.clock.observe(hlcFromMs(4e12));
    first.kept.revocation = { count: 3, head: new Uint8Array(32).fill(3) as Hash };
    await first.close();
    const second = await reader();
    expect([second.floor.served, second.floor.session]).toEqual([7, 9]);
    expect(second.clock.highest).toBe(hlcFromMs(4e12));
    expect(second.kept.revocation).toEqual({ count: 3, head: new Uint8Array(32).fill(3) });
    await second.close();
  });

  it("is only raised by a second process that saves less", async () => {
    const [first, second] = [await reader(), await reader()];
    first.floor.noteServed(20 as Sequence);
    second.floor.noteServed(10 as Sequence);
    await first.close();
    await second.close();
    const third = await reader();
    expect(third.floor.served).toBe(20);
    await third.close();
  });

  it("of another cluster is not taken over", async () => {
    const first = await reader();
    first.floor.noteServed(20 as Sequence);
    await first.close();
    const other = await reader(new Uint8Array(32).fill(2) as Hash);
    expect(other.floor.served).toBe(0);
    await other.close();
  });

  it.each(["", "{", "[1]", '{"clusterId":"00"}', "\xff\xfe"])(
    "is begun anew when the file holds %j",
    async (text) => {
      await writeFile(join(folder, "client-state"), text, "latin1");
      const one = await reader();
      expect(one.floor.session).toBe(0);
      one.floor.noteServed(4 as Sequence);
      await one.close();
      const next = await reader();
      expect(next.floor.served).toBe(4);
      await next.close();
    },
  );
});
