import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { hlcAddMs } from "../../base/hlc.ts";
import {
  NOT_AFTER_MS_MAX,
  ROW_BYTES_MAX,
  SESSIONS_PER_WRITER_MAX,
  SESSION_WINDOW,
  WRITE_SET_COUNT_MAX,
} from "../limits.ts";
import { sessionStateKey } from "../map/state-keys.ts";
import { sessionRowCodec } from "../wire/rows.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import * as outcomes from "./outcomes.ts";
import { Fixture, hash, keyOf, put, start, writeSet } from "./state.case.ts";

const session = (number: number): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, index) => (index === 0 ? number >> 8 : number & 255));
const run = (fixture: Fixture, header: Partial<WriteSetHeader>, atMs: number = 0): number => {
  const set = writeSet("ann", [put(`k${header.counter}`, "x")], { session: session(1), ...header });
  return fixture.execute([set], atMs).writeSets[0]!.code;
};

describe("exactly once", () => {
  it("holds for any order, repetition and restarts of counters of several sessions", () => {
    const delivery = fc.record({
      session: fc.nat(2),
      counter: fc.integer({ min: 1, max: 400 }),
      restart: fc.nat(15).map((number) => number === 0),
    });
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 300 }), (deliveries) => {
        const fixture = new Fixture();
        const executed = new Set<string>();
        for (const { session: number, counter, restart } of deliveries) {
          if (restart) fixture.restart();
          const set = writeSet("ann", [], { session: session(number), counter });
          const standing = fixture.state.standingOf(set.header);
          const { code } = fixture.execute([set]).writeSets[0]!;
          const text = `${number} ${counter}`;
          expect(code === 0).toBe(standing === "open");
          if (code === 0) expect(executed.has(text)).toBe(false);
          if (standing === "executed") expect(executed.has(text)).toBe(true);
          if (code === 0) executed.add(text);
          expect(fixture.state.standingOf(set.header)).not.toBe("open");
        }
      }),
      { numRuns: 30 },
    );
  });

  it("forgets what the writer has its answers of, and refuses it from then on", () => {
    const fixture = new Fixture();
    for (const counter of [1, 2, 3, 5]) expect(run(fixture, { counter })).toBe(0);
    expect(run(fixture, { counter: 6, settled: 3 })).toBe(0);
    const header = { writer: keyOf("ann"), session: session(1) };
    const key = sessionStateKey(hash, header.writer, header.session);
    const row = sessionRowCodec.decode(fixture.store.get(key)!);
    expect(row.low).toBe(3);
    expect(row.executed.map(({ counter }) => counter)).toEqual([5, 6]);
    expect(run(fixture, { counter: 2 })).toBe(outcomes.REFUSAL_BELOW_WINDOW);
    expect(run(fixture, { counter: 4 })).toBe(0);
    expect(run(fixture, { counter: 5 })).toBe(outcomes.REFUSAL_ALREADY_EXECUTED);
  });

  it("never remembers again what it was once told to forget", () => {
    const fixture = new Fixture();
    expect(run(fixture, { counter: 9, settled: 8 })).toBe(0);
    expect(run(fixture, { counter: 10, settled: 2 })).toBe(0);
    expect(run(fixture, { counter: 7 })).toBe(outcomes.REFUSAL_BELOW_WINDOW);
  });

  it("holds inside one batch", () => {
    const fixture = new Fixture();
    const set = writeSet("ann", [put("k", "x")], { counter: 1 });
    const codes = fixture.execute([set, set]).writeSets.map(({ code }) => code);
    expect(codes).toEqual([0, outcomes.REFUSAL_ALREADY_EXECUTED]);
  });

  it("lets every counter of the window in, in any order, and refuses what is below for ever", () => {
    const fixture = new Fixture();
    for (let counter = SESSION_WINDOW; counter > 0; counter--) {
      expect(run(fixture, { counter })).toBe(0);
    }
    expect(run(fixture, { counter: SESSION_WINDOW + 1 })).toBe(0);
    expect(run(fixture, { counter: 1 })).toBe(outcomes.REFUSAL_BELOW_WINDOW);
    expect(run(fixture, { counter: 2 })).toBe(outcomes.REFUSAL_ALREADY_EXECUTED);
    expect(run(fixture, { counter: 0 })).toBe(outcomes.REFUSAL_BELOW_WINDOW);
  });
});

describe("a write set's end", () => {
  it.each([
    ["has passed", -1, outcomes.REFUSAL_EXPIRED],
    ["is now", 0, 0],
    ["is as far as may be", NOT_AFTER_MS_MAX, 0],
    ["is too far", NOT_AFTER_MS_MAX + 1, outcomes.REFUSAL_NOT_AFTER_TOO_FAR],
  ])("that %s", (_name, aheadMs, code) => {
    const notAfter = hlcAddMs(start, 100 + aheadMs);
    expect(run(new Fixture(), { counter: 1, notAfter }, 100)).toBe(code);
  });

  it("closes it for ever, executed or not", () => {
    const fixture = new Fixture();
    const { header } = writeSet("ann", [], { notAfter: hlcAddMs(start, 50) });
    expect(fixture.state.standingOf(header)).toBe("open");
    fixture.execute([], 51);
    expect(fixture.state.standingOf(header)).toBe("closed");
  });
});

describe("the sessions of a writer", () => {
  const fill = (fixture: Fixture): void => {
    for (let number = 0; number < SESSIONS_PER_WRITER_MAX; number++) {
      const notAfter = hlcAddMs(start, 1000 + number);
      expect(run(fixture, { session: session(number), counter: 1, notAfter })).toBe(0);
    }
  };

  it("are bounded, and one leaves only when its last end has passed", () => {
    const fixture = new Fixture();
    fill(fixture);
    const one = {
      session: session(SESSIONS_PER_WRITER_MAX),
      counter: 1,
      notAfter: hlcAddMs(start, 5000),
    };
    expect(run(fixture, one)).toBe(outcomes.REFUSAL_TOO_MANY_SESSIONS);
    expect(run(fixture, { session: session(3), counter: 2 })).toBe(0);
    expect(run(fixture, one, 1000)).toBe(outcomes.REFUSAL_TOO_MANY_SESSIONS);
    expect(run(fixture, one, 1001)).toBe(0);
    const key = sessionStateKey(hash, keyOf("ann"), session(0));
    expect(fixture.state.rowAt(fixture.state.sequence, key)).toBeUndefined();
  });

  it("do not bar another writer", () => {
    const fixture = new Fixture();
    fill(fixture);
    expect(fixture.write("bob", put("k", "x"))).toBe(0);
  });
});

describe("a session's row", () => {
  it("proves what became of each write that was not plainly accepted", () => {
    const fixture = new Fixture();
    const set = writeSet("ann", [put("k", "x"), put("k", "x", { kind: "none" }), put("l", "y")], {
      session: session(9),
      counter: 4,
    });
    fixture.execute([set]);
    const bytes = fixture.store.get(sessionStateKey(hash, keyOf("ann"), session(9)));
    expect(sessionRowCodec.decode(bytes!).executed).toEqual([
      {
        counter: 4,
        sequence: 1,
        digest: set.digest,
        outcomes: [{ index: 1, code: outcomes.OUTCOME_UNKNOWN_KIND }],
      },
    ]);
  });

  it("keeps its bound when every write of every set is refused", () => {
    const fixture = new Fixture();
    const writes = Array.from({ length: WRITE_SET_COUNT_MAX }, () => put("k", "x", { kind: "-" }));
    for (let counter = 1; counter <= 40; counter++) {
      const set = writeSet("ann", writes, { session: session(1), counter: counter * 2 ** 40 });
      expect(fixture.execute([set]).writeSets[0]!.code).toBe(0);
    }
    const row = fixture.store.get(sessionStateKey(hash, keyOf("ann"), session(1)))!;
    expect(row.length).toBeLessThan(ROW_BYTES_MAX);
    expect(sessionRowCodec.decode(row).low).toBeGreaterThan(0);
  });

  it("is no cause for a stranger's state", () => {
    const fixture = new Fixture();
    const before = fixture.state.entryCount;
    expect(fixture.write("nobody", put("k", "x"))).toBe(outcomes.REFUSAL_NOT_ENROLLED);
    expect(fixture.state.isEnrolled(writeSet("nobody", []).header)).toBe(false);
    expect(fixture.state.isEnrolled(writeSet("ann", []).header)).toBe(true);
    expect(fixture.state.entryCount).toBe(before);
  });
});
