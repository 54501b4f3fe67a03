import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Sequence } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { AuthenticatedMap } from "../map/trie.ts";
import { NO_HISTORY, Versions } from "./versions.ts";
import type { HistoryWindow } from "./versions.ts";

const WINDOW: HistoryWindow = { sequenceCountMax: 10, changeCountMax: 100, ageMsMax: 60_000 };

/** Executions one second apart, each of which changes so many rows; below is released as told. */
function versionsAfter(
  count: number,
  options: {
    readonly window?: HistoryWindow;
    readonly changes?: number;
    readonly apartMs?: number;
    readonly released?: number;
  } = {},
): Versions {
  const map = new AuthenticatedMap(nodeCrypto.hash);
  const versions = new Versions(map);
  versions.window = options.window ?? WINDOW;
  for (let sequence = 1; sequence <= count; sequence++) {
    const key = new Uint8Array(MAP_KEY_SIZE);
    key[0] = sequence;
    map.set(key, nodeCrypto.hash(key));
    versions.history.record(sequence as Sequence, []);
    versions.add(sequence as Sequence, map.commit(), {
      changes: options.changes ?? 1,
      time: hlcFromMs(1_000_000 + sequence * (options.apartMs ?? 1)),
    });
  }
  versions.release((options.released ?? count) as Sequence);
  return versions;
}

const readable = (versions: Versions, count: number): number[] =>
  Array.from({ length: count }, (_, index) => index + 1).filter(
    (sequence) => versions.get(sequence as Sequence) !== undefined,
  );

describe("what stays readable", () => {
  it.each([
    ["the newest only, without a window", { window: NO_HISTORY }, [30]],
    [
      "what agreement has not released",
      { released: 15 },
      Array.from({ length: 16 }, (_, i) => i + 15),
    ],
    ["as many sequences as the window has", {}, [21, 22, 23, 24, 25, 26, 27, 28, 29, 30]],
    ["as many as changed so many rows in all", { changes: 25 }, [27, 28, 29, 30]],
    ["as many as are not too old", { apartMs: 25_000 }, [28, 29, 30]],
    ["the newest, however much it changed", { changes: 1_000 }, [30]],
  ] as const)("is %s", (_name, options, expected) => {
    expect(readable(versionsAfter(30, options), 30)).toEqual(expected);
  });

  it("is what is pinned, too, until it is let go of", () => {
    const versions = versionsAfter(30, { released: 5 });
    expect(versions.pin(7 as Sequence)).toBe(true);
    versions.release(30 as Sequence);
    expect(readable(versions, 30).slice(0, 2)).toEqual([7, 21]);
    versions.unpin(7 as Sequence);
    expect(readable(versions, 30)[0]).toBe(21);
  });
});
