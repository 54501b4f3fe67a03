import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { compareBytes, utf8 } from "../../base/bytes.ts";
import { NameIndex, compareNames } from "./name-index.ts";

const inByteOrder = (left: string, right: string): number => compareBytes(utf8(left), utf8(right));
const name = fc.string({
  unit: fc.constantFrom("a", "b", "/", "\u{e000}", "\u{10000}"),
  maxLength: 4,
});

describe("names", () => {
  it("are ordered like their UTF-8 bytes", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareNames(left, right))).toBe(Math.sign(inByteOrder(left, right)));
      }),
    );
  });

  it("are those of a sorted set, by prefix and from any name on, after adding and removing", () => {
    const step = fc.record({ name: name.filter((each) => each !== ""), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), name, name, (steps, prefix, after) => {
        const index = new NameIndex();
        const set = new Set<string>();
        for (const each of steps) {
          if (each.add) index.add("ns", each.name);
          else index.remove("ns", each.name);
          if (each.add) set.add(each.name);
          else set.delete(each.name);
        }
        const expected = [...set]
          .filter((each) => each.startsWith(prefix) && inByteOrder(each, after) > 0)
          .sort(inByteOrder);
        expect([...index.names("ns", prefix, after)]).toEqual(expected);
      }),
    );
  });

  it("stay in order over many blocks", () => {
    const index = new NameIndex();
    const names = Array.from({ length: 5000 }, (_, at) => `n${(at * 7919) % 5000}`.padEnd(6, "x"));
    for (const each of names) index.add("ns", each);
    expect([...index.names("ns", "", "")]).toEqual(names.toSorted(inByteOrder));
    for (const each of names) index.remove("ns", each);
    expect([...index.names("ns", "", "")]).toEqual([]);
  });
});
