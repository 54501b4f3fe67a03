import { expect, it } from "vitest";
import fc from "fast-check";
import { InvariantError } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import { text } from "./codec.ts";

it("a text's bound counts its UTF-8 bytes exactly, in both directions", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (value) => {
      const size = utf8(value).length;
      expect(text(size).toWire(value)).toBe(value);
      expect(text(size).fromWire(value)).toBe(value);
      expect(() => text(size - 1).toWire(value)).toThrow(InvariantError);
      expect(() => text(size - 1).fromWire(value)).toThrow("longer than");
    }),
  );
});

it.each(["\ud800", "a\udc00", "\ud800\ud800", "\udc00\ud800"])("%j has no encoding", (value) => {
  expect(() => text(100).toWire(value)).toThrow(InvariantError);
  expect(() => text(100).fromWire(value)).toThrow("longer than");
});
