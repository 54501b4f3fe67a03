import { afterEach, beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { toHex } from "../../base/bytes.ts";
import { sequence } from "../../base/types.ts";
import type { Hash, Hlc } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../../consensus/limits.ts";
import type { RowChange, RowChanges, RowStore } from "../../consensus/map/row-store.ts";

/** What a test of the suite works on; `settle` makes durable what an implementation writes behind. */
export interface RowStoreUnderTest {
  readonly store: RowStore;
  settle(): Promise<void>;
  close(): Promise<void>;
}

export function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(MAP_KEY_SIZE);
  new DataView(key.buffer).setUint32(1, number);
  return key;
}

export function rowOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function changesOf(at: number, rows: readonly RowChange[]): RowChanges {
  const stateRoot = new Uint8Array(32).fill(at) as Hash;
  return { sequence: sequence(at), stateRoot, agreedTime: BigInt(at) as Hlc, rows };
}

/** Every implementation of `RowStore` shows the same rows (consensus/map/row-store.ts, 1 to 3). */
export function describeRowStore(name: string, open: () => Promise<RowStoreUnderTest>): void {
  describe(`row store: ${name}`, () => {
    let under: RowStoreUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const listed = (): string[] =>
      [...under.store.entries()].map(([key, row]) => `${toHex(key)}=${toHex(row)}`).sort();

    it("begins empty", () => {
      expect(under.store.get(keyOf(1))).toBeUndefined();
      expect(listed()).toEqual([]);
    });

    for (const settled of [false, true]) {
      const when = settled ? "durable" : "not durable yet";
      const settle = async (): Promise<void> => {
        if (settled) await under.settle();
      };

      it(`shows a row that is ${when}`, async () => {
        under.store.apply(changesOf(1, [{ key: keyOf(1), row: rowOf("one") }]));
        await settle();
        expect(under.store.get(keyOf(1))).toEqual(rowOf("one"));
        expect(listed()).toEqual([`${toHex(keyOf(1))}=${toHex(rowOf("one"))}`]);
      });

      it(`shows the newest of several, when it is ${when}`, async () => {
        under.store.apply(changesOf(1, [{ key: keyOf(1), row: rowOf("one") }]));
        await settle();
        under.store.apply(changesOf(2, [{ key: keyOf(1), row: rowOf("two") }]));
        await settle();
        expect(under.store.get(keyOf(1))).toEqual(rowOf("two"));
        expect(listed().length).toBe(1);
      });

      it(`shows no deleted row, when that is ${when}`, async () => {
        under.store.apply(changesOf(1, [{ key: keyOf(1), row: rowOf("one") }]));
        await settle();
        under.store.apply(changesOf(2, [{ key: keyOf(1), row: undefined }]));
        expect(under.store.get(keyOf(1))).toBeUndefined();
        await settle();
        expect(under.store.get(keyOf(1))).toBeUndefined();
        expect(listed()).toEqual([]);
      });
    }

    it("keeps an empty row apart from no row", async () => {
      under.store.apply(changesOf(1, [{ key: keyOf(1), row: new Uint8Array(0) }]));
      expect(under.store.get(keyOf(1))).toEqual(new Uint8Array(0));
      await under.settle();
      expect(under.store.get(keyOf(1))).toEqual(new Uint8Array(0));
    });

    it("changes no byte that was passed", async () => {
      const [key, row] = [keyOf(7), rowOf("seven")];
      under.store.apply(changesOf(1, [{ key, row }]));
      await under.settle();
      expect([key, row]).toEqual([keyOf(7), rowOf("seven")]);
    });

    it("shows what a plain map would, whatever comes and whenever it becomes durable", async () => {
      const change = fc.record({
        key: fc.nat(20),
        row: fc.option(fc.string(), { nil: undefined }),
      });
      const step = fc.oneof(fc.array(change, { maxLength: 8 }), fc.constant("settle" as const));
      const model = new Map<string, string>();
      let at = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          for (const next of steps) {
            if (next === "settle") {
              await under.settle();
              continue;
            }
            const rows = new Map(next.map(({ key, row }) => [key, row] as const));
            const changes = [...rows].map(([key, row]) => ({
              key: keyOf(key),
              row: row === undefined ? undefined : rowOf(row),
            }));
            under.store.apply(changesOf(++at, changes));
            for (const { key, row } of changes) {
              if (row === undefined) model.delete(toHex(key));
              else model.set(toHex(key), toHex(row));
            }
            for (const { key, row } of changes) expect(under.store.get(key)).toEqual(row);
          }
          expect(listed()).toEqual([...model].map(([key, row]) => `${key}=${row}`).sort());
        }),
        { numRuns: 60 },
      );
    });
  });
}
