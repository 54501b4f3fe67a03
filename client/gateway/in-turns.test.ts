import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ArtifactKind } from "../../proof/digest/artifact-kind.ts";
import { kindOf } from "../../proof/digest/registry.ts";
import { digestInTurns, inTurns } from "./in-turns.ts";
import { JUDGED_BYTES_A_SLICE, JUDGED_MS_A_TURN } from "./limits.ts";
import { Turns } from "./turns.ts";

const raw = kindOf("raw/1") as ArtifactKind;
const archive = kindOf("nx-artifact/1") as ArtifactKind;

function workFor(ms: number): void {
  const ends = performance.now() + ms;
  while (performance.now() < ends);
}

describe("what is judged in turns", () => {
  it.each([0, 1, JUDGED_BYTES_A_SLICE, 3 * JUDGED_BYTES_A_SLICE + 1])(
    "is all of %i bytes, in their order",
    async (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, index) => index);
      const parts: Uint8Array[] = [];
      await inTurns(archive, bytes, (slice) => parts.push(slice));
      expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes));
      expect(parts.every(({ length }) => length <= JUDGED_BYTES_A_SLICE)).toBe(true);
    },
  );

  it("comes whole where a small piece is never much work", async () => {
    const parts: Uint8Array[] = [];
    await inTurns(raw, new Uint8Array(100_000), (slice) => parts.push(slice));
    expect(parts).toHaveLength(1);
  });

  it("lets others have a turn between any two of one that takes long, however many there are", async () => {
    const order: string[] = [];
    const slow = (name: string): Promise<void> =>
      inTurns(archive, new Uint8Array(4 * JUDGED_BYTES_A_SLICE), () => {
        order.push(name);
        workFor(JUDGED_MS_A_TURN);
      });
    const over = new AbortController();
    const others = async (): Promise<void> => {
      for (; !over.signal.aborted; await setImmediate()) order.push("others");
    };
    const busy = others();
    await Promise.all([slow("one"), slow("two")]);
    over.abort();
    await busy;
    const turns = order.filter((name, index) => name !== "others" || order[index - 1] !== name);
    const archives = turns.filter((name) => name !== "others");
    expect(archives).toHaveLength(8);
    expect(
      turns.some(
        (name, at) => name !== "others" && turns[at + 1] === (name === "one" ? "two" : "one"),
      ),
    ).toBe(false);
  });

  it("ends the turn of one that cannot be judged", async () => {
    const fail = inTurns(archive, new Uint8Array(1), () => {
      throw new Error("no archive");
    });
    await expect(fail).rejects.toThrow("no archive");
    expect((await digestInTurns(archive, new Uint8Array(10_000))).status).toBe("refused");
  });
});

describe("turns", () => {
  it("are had by so many at once, and by the others in the order in which they came", async () => {
    const turns = new Turns(2);
    const had: number[] = [];
    const ends: (() => void)[] = [];
    for (const number of [0, 1, 2, 3]) {
      void turns.take().then((end) => {
        had.push(number);
        ends.push(end);
      });
    }
    await setImmediate();
    expect(had).toEqual([0, 1]);
    for (const count of [3, 4]) {
      ends.shift()?.();
      await setImmediate();
      expect(had).toEqual([0, 1, 2, 3].slice(0, count));
    }
    for (const end of ends) end();
    (await turns.take())();
  });
});
