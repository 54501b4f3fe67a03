import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../base/bytes.ts";
import { Xxh3128 } from "./xxh3-128.ts";

/** Size of `pattern(size)` and its digest by the reference implementation, xxhsum 0.8.1 -H2. */
const VECTORS: readonly (readonly [number, string])[] = [
  [0, "99aa06d3014798d86001c324468d497f"],
  [1, "a6cd5e9392000f6ac44bdff4074eecdb"],
  [2, "b5f93ce71fbc588c256b820820f14e87"],
  [3, "0503e4681a3d97ef553389f13859be94"],
  [4, "6ba49706f60413b82c10522abae9f23d"],
  [5, "d2580a17a6388f1bae26ebfd6609b1d9"],
  [8, "3cad8d4eece6110bb726d616efd78100"],
  [9, "092a15440fd49de77c4a555e9ffe661c"],
  [16, "0613292ad3c7280b477e87a953bf5147"],
  [17, "82d46bc2b7eeebdceab2142b758a257a"],
  [32, "2ab74adc0457f17767e8a59a7966adc3"],
  [33, "9cc33ae73ddf9a5307b86a23f813d109"],
  [64, "1df9f3bb7739a53d6f8d9afef7694a90"],
  [65, "3f8c16b435319986808fc7589e940154"],
  [96, "3f67e0130d0ea351e582425b08caebd0"],
  [97, "f8525add8087e0cb1eb01b01190ac3a7"],
  [128, "91ea92c11b22a30e5a38bc9d3a7b5989"],
  [129, "2a528686267c8e09b88a7351a3253f3c"],
  [159, "e676b2edc362168ff16e1e2abf74b1f0"],
  [160, "5675e3c7625f838510f7c142fb4a12f5"],
  [161, "08f1fd6cb2279b91a88c6962c8983000"],
  [239, "a8012473f022bb0a6f04010383b16969"],
  [240, "b49a21fe8a87c83db4fd4c19e69484b2"],
  [241, "b313731a6fbd71c708c69431acfd2894"],
  [256, "86837e935ac533d867ee9e18952156da"],
  [257, "48914f9036b432b3382b6e855ddd9b6d"],
  [320, "37c38bedb2659756a0dc463db7d78018"],
  [1023, "32048f582bae3f266f5db6ff44e90d1f"],
  [1024, "1929ae1e1f5f86be38ca6403e126ef25"],
  [1025, "86b3605befd18036428d64d6fb8e6914"],
  [1088, "cb006fe980e472cb5bef8a6064cffd02"],
  [1089, "f32cbe06a30204eaae92c239a23a9716"],
  [2049, "499614ef8f2de803a82d6ec0b48f20c4"],
  [5000, "e74b155dd44b90ef956b7c3a2d32f949"],
];
const BODIES = new URL("../ccache/testdata/", import.meta.url);

function pattern(size: number): Uint8Array {
  return Uint8Array.from(
    { length: size },
    (_, index) => (index * 131 + (index >> 8) * 7 + ((index * index) % 251)) & 255,
  );
}

function digest(bytes: Uint8Array, pieceSize: number = Math.max(1, bytes.length)): string {
  const hash = new Xxh3128();
  for (let start = 0; start < bytes.length; start += pieceSize) {
    hash.update(bytes.subarray(start, start + pieceSize));
  }
  return toHex(hash.finish());
}

describe("XXH3-128", () => {
  it.each(VECTORS)("%i bytes", (size, expected) => {
    expect(digest(pattern(size))).toBe(expected);
    for (const pieceSize of [1, 63, 64, 65, 240]) {
      expect(digest(pattern(size), pieceSize)).toBe(expected);
    }
  });

  it.each(readdirSync(BODIES))("is the tail of what ccache wrote: %s", (file) => {
    const body = readFileSync(new URL(file, BODIES));
    expect(digest(body.subarray(0, -16))).toBe(toHex(body.subarray(-16)));
  });

  it("does not depend on how the input is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.array(fc.nat(300), { maxLength: 20 }),
        (bytes, cuts) => {
          const hash = new Xxh3128();
          let start = 0;
          for (const cut of cuts) {
            hash.update(bytes.subarray(start, start + cut));
            start = Math.min(bytes.length, start + cut);
          }
          hash.update(bytes.subarray(start));
          expect(toHex(hash.finish())).toBe(digest(bytes));
        },
      ),
    );
  });
});
