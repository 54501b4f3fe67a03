import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { concatBytes } from "./bytes.ts";
import { hashParts } from "./hash-parts.ts";
import type { Hash } from "./types.ts";

const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

describe("a hash of parts", () => {
  it("is the hash of the parts joined, whatever was hashed before", () => {
    const part = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(part, part, fc.option(part, { nil: undefined }), (tag, first, second) => {
        const joined = concatBytes(tag, first, second ?? new Uint8Array(0));
        expect(hashParts(sha256, tag, first, second)).toEqual(sha256(joined));
      }),
    );
  });

  it.each([1024 * 1024, 1024 * 1024 + 1, 10, 3 * 1024 * 1024, 0])("holds for %i bytes", (size) => {
    const tag = Uint8Array.of(1, 2, 3);
    const first = new Uint8Array(size).fill(5);
    expect(hashParts(sha256, tag, first)).toEqual(sha256(concatBytes(tag, first)));
  });
});
