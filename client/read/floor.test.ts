import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { hlcFromMs, hlcMs } from "../../base/hlc.ts";
import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Heartbeat } from "../../consensus/wire/certificate.ts";
import { trustedTime } from "../link/heartbeat-quorum.ts";
import { floorOf } from "../link/probe-quorum.ts";
import { ReaderClock } from "../link/reader-clock.ts";
import type { Platform } from "../platform/platform.ts";
import { Floor } from "./floor.ts";

function committeeOf(faultyMax: number): Committee {
  return {
    clusterId: new Uint8Array(32) as Hash,
    epoch: 0 as Epoch,
    members: Array.from({ length: 3 * faultyMax + 1 }, () => ({
      publicKey: new Uint8Array(32) as Committee["members"][number]["publicKey"],
      address: "a:1",
    })),
    faultyMax,
  };
}

/** Some of the members answer, at least Q; the last of them, at most f, say whatever they like. */
const answers = fc.integer({ min: 1, max: 4 }).chain((faultyMax) => {
  const committee = committeeOf(faultyMax);
  const count = fc.integer({ min: quorumOf(committee), max: committee.members.length });
  return count.chain((size) =>
    fc.record({
      committee: fc.constant(committee),
      honest: fc.array(fc.integer({ min: 1000, max: 2000 }), {
        minLength: size - faultyMax,
        maxLength: size - faultyMax,
      }),
      lies: fc.array(fc.integer({ min: 0, max: 1_000_000 }), {
        minLength: faultyMax,
        maxLength: faultyMax,
      }),
    }),
  );
});

const numbered = <T>(values: readonly T[]): Map<ReplicaIndex, T> =>
  new Map(values.map((value, index) => [index as ReplicaIndex, value]));

describe("a reader's floor", () => {
  it("only rises, and a session's covers both what was read and what was written", () => {
    const note = fc.tuple(fc.boolean(), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(note), (notes) => {
        const floor = new Floor();
        let [served, session] = [0, 0];
        for (const [read, sequence] of notes) {
          if (read) floor.noteServed(sequence as Sequence);
          else floor.noteWritten(sequence as Sequence);
          expect(floor.served).toBeGreaterThanOrEqual(served);
          expect(floor.session).toBeGreaterThanOrEqual(Math.max(session, sequence));
          [served, session] = [floor.served, floor.session];
        }
      }),
    );
  });
});

describe("a quorum's answers to a nonce", () => {
  it("give a time between the clocks of correct replicas, whatever f say", () => {
    fc.assert(
      fc.property(answers, ({ committee, honest, lies }) => {
        const readings = [...honest, ...lies].map((ms) => hlcFromMs(ms));
        const time = hlcMs(trustedTime(committee, numbered<Hlc>(readings))!);
        expect(time).toBeLessThanOrEqual(Math.max(...honest));
        expect(time).toBeGreaterThanOrEqual(Math.min(...honest));
      }),
    );
  });

  it("give no time when fewer than Q answer", () => {
    const readings = numbered<Hlc>([hlcFromMs(1), hlcFromMs(2)]);
    expect(trustedTime(committeeOf(1), readings)).toBeUndefined();
  });

  it("give a floor at or above every write that Q correct-or-lying replicas had stated before", () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1000, max: 2000 }), (given, written) => {
        const { committee, honest, lies } = given;
        // Q stated the write; at most n − Q members did not, so of those who answer honestly all
        // but that many are at or above it.
        const mayLack = committee.members.length - quorumOf(committee);
        const sequences = honest.map((one, index) =>
          index < mayLack ? one : Math.max(one, written),
        );
        const all = [...sequences, ...lies].map((one) => ({ sequence: one }) as Heartbeat);
        if (honest.length <= mayLack) return;
        const floor = floorOf(committee, numbered(all));
        const quorum = [...sequences, ...lies].sort((left, right) => left - right);
        expect(floor).toBe(quorum[quorumOf(committee) - 1]);
        expect(floor).toBeGreaterThanOrEqual(written);
      }),
    );
  });
});

describe("the reader's now", () => {
  it("is never behind its own clock, a certified time it has seen, or a quorum's time counted on", () => {
    const step = fc.record({
      wall: fc.integer({ min: -5_000, max: 5_000 }),
      passed: fc.nat(1_000),
      observed: fc.option(fc.nat(100_000), { nil: undefined }),
      anchored: fc.option(fc.nat(100_000), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let [wallMs, monotonicMs, highest] = [50_000, 0, 0];
        let anchor: { readonly ms: number; readonly at: number } | undefined;
        const clock = new ReaderClock({
          wallMs: () => wallMs,
          monotonicMs: () => monotonicMs,
        } as Platform);
        for (const { wall, passed, observed, anchored } of steps) {
          wallMs += wall;
          monotonicMs += passed;
          if (observed !== undefined) {
            clock.observe(hlcFromMs(observed));
            highest = Math.max(highest, observed);
          }
          if (anchored !== undefined) {
            clock.anchor(hlcFromMs(anchored));
            anchor = { ms: anchored, at: monotonicMs };
          }
          const counted = anchor === undefined ? 0 : anchor.ms + monotonicMs - anchor.at;
          expect(clock.nowMs()).toBe(Math.max(wallMs, highest, counted));
        }
      }),
    );
  });
});
