import { expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

it("gives a burst at once and then so many a second", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
  expect([1, 1, 1, 1].map((count) => bucket.take(count, 0))).toEqual([true, true, true, false]);
  expect(bucket.take(1, 99)).toBe(false);
  expect(bucket.take(1, 200)).toBe(true);
});

it("saves up no more than its burst", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
  expect(bucket.take(4, 1_000_000)).toBe(false);
  expect(bucket.take(3, 1_000_000)).toBe(true);
});

it("stays shut while in debt", () => {
  const bucket = new TokenBucket({ perSecond: 1_000, burst: 1 }, 0);
  bucket.spend(11);
  expect(bucket.isOpen(10)).toBe(false);
  expect(bucket.isOpen(11)).toBe(true);
});

it("is not fooled by a clock that goes back", () => {
  const bucket = new TokenBucket({ perSecond: 1_000, burst: 1 }, 1_000);
  bucket.take(1, 1_000);
  expect(bucket.take(1, 0)).toBe(false);
});
