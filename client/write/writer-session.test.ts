import { expect, it } from "vitest";
import { WriterSession } from "./writer-session.ts";

const platform = { randomBytes: (size: number): Uint8Array => new Uint8Array(size).fill(7) };
const other = new Uint8Array(16).fill(8);

it("counts from 1 and has nothing settled at first", () => {
  const session = new WriterSession(platform);
  const { session: name } = session.next();
  expect(name).toHaveLength(16);
  expect(session.next()).toEqual({ session: name, counter: 2, settled: 0 });
});

it("says what is settled below the oldest that is still open", () => {
  const session = new WriterSession(platform);
  const [first, second, third] = [session.next(), session.next(), session.next()];
  session.settle(second.session, second.counter);
  expect(session.next().settled).toBe(0);
  session.settle(first.session, first.counter);
  expect(session.next().settled).toBe(2);
  session.settle(third.session, third.counter);
  expect(session.next().settled).toBe(3);
});

it("says all before this one when none is open", () => {
  const session = new WriterSession(platform);
  const first = session.next();
  session.settle(first.session, first.counter);
  expect(session.next()).toMatchObject({ counter: 2, settled: 1 });
});

it("leaves its own counters alone when another session's is settled", () => {
  const session = new WriterSession(platform);
  session.next();
  session.settle(other, 1);
  expect(session.next().settled).toBe(0);
});
