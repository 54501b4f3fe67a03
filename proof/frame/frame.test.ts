import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { checkerId } from "./budget.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { Meter } from "./meter.ts";
import { decodeObligation, encodeObligation, keyOfObligation } from "./obligation.ts";
import { invert, isBijection, verifyRenaming } from "./renaming.ts";
import { decline, judged, reject } from "./stop.ts";

const BUDGET = { stepsMax: 10, bytesMax: 20, liveBytesMax: 30 };
const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

describe("an obligation", () => {
  const sample = { kind: "cnf/1", payload: utf8("payload") };

  it("is kind, version and canonical text, and nothing else is one", () => {
    expect(decodeObligation(encodeObligation(sample))).toEqual(sample);
    for (const text of ["", "obl", "obl\u0002\u0001a", "obl\u0001\u0000", "obl\u0001\u0009cnf/1"]) {
      expect(decodeObligation(utf8(text))).toBeUndefined();
    }
  });

  it("has a key that every version of the program computes", () => {
    expect(toHex(keyOfObligation(sha256, sample))).toBe(
      "2d1989b14e44e8fef1f0028905f08b8727ae90a56b33c733ebef7d191055b33c",
    );
  });

  it("has another key for another kind, version or text", () => {
    const variants = [
      sample,
      { ...sample, kind: "cnf/2" },
      { ...sample, kind: "cnf/1p", payload: utf8("ayload") },
      { ...sample, payload: utf8("payloae") },
    ];
    const keys = new Set(variants.map((variant) => toHex(keyOfObligation(sha256, variant))));
    expect(keys.size).toBe(variants.length);
  });
});

describe("a renaming", () => {
  it("meets every canonical variable once, and drops what is not used", () => {
    const forward = (...images: number[]) => ({ forward: Int32Array.from(images) });
    expect(isBijection(forward(2, 0, -1), 2)).toBe(true);
    expect(isBijection(forward(2, 0, -2), 2)).toBe(false);
    expect(isBijection(forward(2, 0), 2)).toBe(false);
    expect(isBijection(forward(1, 3), 2)).toBe(false);
    expect([...invert(forward(2, 0, -1), 2)]).toEqual([-3, 1]);
  });

  it("is believed only after it was applied again", () => {
    const claim = {
      payload: utf8("ab"),
      variableCount: 1,
      renaming: { forward: Int32Array.of(1) },
      strength: "exact" as const,
    };
    expect(verifyRenaming(claim, () => utf8("ab"))).toBe(true);
    expect(verifyRenaming(claim, () => utf8("ac"))).toBe(false);
    const twice = { ...claim, renaming: { forward: Int32Array.of(1, 1) } };
    expect(verifyRenaming(twice, () => utf8("ab"))).toBe(false);
  });
});

describe("a budget", () => {
  it("ends a check at the same place everywhere, by what was counted", () => {
    const cases = [
      ["steps", (meter: Meter) => meter.spend(11)],
      ["bytes", (meter: Meter) => meter.read(21)],
      ["memory", (meter: Meter) => meter.hold(31)],
    ] as const;
    for (const [reason, take] of cases) {
      const meter = new Meter(BUDGET);
      meter.offset = 7;
      expect(judged(() => take(meter))).toEqual({ status: "resource", reason, offset: 7 });
    }
  });

  it("holds at its bounds, and what is released counts no more", () => {
    const meter = new Meter(BUDGET);
    meter.spend(10);
    meter.read(20);
    meter.hold(30);
    meter.release(30);
    meter.hold(5);
    expect(meter.cost()).toEqual({ steps: 10, bytes: 20, liveBytesPeak: 30 });
    expect(meter.stepsLeft).toBe(0);
  });

  it("is part of the checker's name", () => {
    expect(checkerId("cnf/1", 3, BUDGET)).toBe("cnf/1 checker 3 steps 10 bytes 20 memory 30");
  });
});

describe("a verdict", () => {
  it("leaves the inside of a checker from any depth; a fault of ours is none", () => {
    expect(judged(() => 5)).toEqual({ status: "accept", value: 5 });
    expect(judged(() => reject("wrong", 3, "because"))).toEqual({
      status: "reject",
      reason: "wrong",
      offset: 3,
      detail: "because",
    });
    expect(judged(() => decline("new", 4))).toEqual({
      status: "decline",
      reason: "new",
      offset: 4,
    });
    const fault = (): never => {
      throw new RangeError("ours");
    };
    expect(() => judged(fault)).toThrow("ours");
  });
});

describe("bytes", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffffffff)),
        fc.string({ unit: "grapheme" }),
        (numbers, text) => {
          const writer = new ByteWriter();
          for (const number of numbers) writer.varint(number);
          writer.text(text);
          const reader = new ByteReader(writer.finish());
          expect(numbers.map(() => reader.varint(0xffffffff))).toEqual(numbers);
          expect(reader.text(10_000)).toBe(text);
          reader.end();
        },
      ),
    );
  });

  it.each([
    [[0x80], "cut-short", 1],
    [[0x80, 0x00], "number-not-shortest", 0],
    [[0x65], "number-too-large", 0],
    [[0xff, 0xff, 0xff, 0xff, 0x7f], "number-too-large", 0],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 1], "number-too-large", 0],
  ])("a number as %j is refused: %s", (bytes, reason, offset) => {
    const reader = new ByteReader(Uint8Array.from(bytes));
    expect(judged(() => reader.varint(100))).toEqual({ status: "reject", reason, offset });
  });

  it("have one end", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2));
    reader.byte();
    expect(judged(() => reader.end())).toMatchObject({ reason: "bytes-left", offset: 1 });
    expect(judged(() => reader.bytes(2))).toMatchObject({ reason: "cut-short", offset: 2 });
  });
});
