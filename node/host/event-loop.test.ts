import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { epoch, replicaIndex, sequence, view } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import type { Input } from "../../consensus/replica/input.ts";
import type { Output, PromiseRecord } from "../../consensus/replica/output.ts";
import { Verifier } from "../../consensus/verifier.ts";
import { fetchStableCodec } from "../../consensus/wire/agreement.ts";
import { SIGNED_STATEMENT, statementCodec } from "../../consensus/wire/certificate.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { PEER_INPUT_BYTES_MAX, PEER_INPUT_COUNT_MAX } from "../limits.ts";
import { Figures } from "../metrics/figures.ts";
import { testCommittee } from "../testing/committee.ts";
import { eventually } from "../testing/eventually.ts";
import { EventLoop } from "./event-loop.ts";
import { FrameIntake } from "./frame-intake.ts";
import type { Machine } from "./machine.ts";

const { committee, keys } = testCommittee(4);
const digest = new Uint8Array(32) as Hash;
const zero = { epoch: epoch(0), view: view(0) };

const vote = (at: number): Vote => ({ ...zero, type: 2, sequence: sequence(at), digest });
const record = (at: number): PromiseRecord => ({ type: "vote", vote: vote(at) });
const statement = statementCodec.encode({
  epoch: epoch(0),
  sequence: sequence(1),
  stateRoot: digest,
  agreedTime: 0n as never,
});

/** A loop around a script: what each `available` input answers, and a flush that waits to be told. */
function scripted(script: readonly (readonly Output[])[]): {
  readonly loop: EventLoop;
  readonly journal: string[];
  readonly flushes: ((error?: Error) => void)[];
  allowed: boolean;
} {
  const journal: string[] = [];
  const flushes: ((error?: Error) => void)[] = [];
  const figures = new Figures();
  const state = { allowed: true };
  let next = 0;
  const machine = {
    step: (input: Input): readonly Output[] => {
      journal.push(`step ${input.type}`);
      return input.type === "available" ? (script[next++] ?? []) : [];
    },
    needs: () => true,
    certificateAt: () => undefined,
  } as unknown as Machine;
  const verifier = new Verifier({ committeeOf: () => committee, crypto: nodeCrypto });
  const loop = new EventLoop(
    { index: replicaIndex(0), epoch: epoch(0), sign: (message) => keys[0]!.sign(message) },
    {
      machine,
      verifier,
      intake: new FrameIntake({
        verifier,
        needs: () => true,
        certificateAt: () => undefined,
        drops: figures.drops,
      }),
      promises: {
        append: (records) => void journal.push(`append ${records.length}`),
        sync: () =>
          new Promise((resolve, reject) => {
            flushes.push((error) => (error === undefined ? resolve() : reject(error)));
          }),
      },
      clock: {
        monotonicMs: () => 0,
        hlc: () => 0n as never,
        reading: () => 0n as never,
        certain: true,
      },
      figures,
      send: (to, kind) => void journal.push(`send ${kind} to ${to}`),
      maySign: () => state.allowed,
      effects: {
        carryOut: (output) => void journal.push(output.type),
        endTurn: () => undefined,
        truncate: (below) => void journal.push(`truncate ${below}`),
      },
      onFatal: (error) => void journal.push(`fatal ${(error as Error).message}`),
    },
  );
  return Object.assign(state, { loop, journal, flushes });
}

const go = (loop: EventLoop): void => loop.input({ type: "available", digest });
const pass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const send: Output = { type: "send", to: "all", kind: FRAME.batch, body: new Uint8Array(1) };
const sign: Output = { type: "sign", signedType: SIGNED_STATEMENT, body: statement };
const persist = (at: number): Output => ({ type: "persist", record: record(at) });
const voted = (at: number): Output => ({ type: "vote", vote: vote(at) });

describe("a turn", () => {
  it("lets nothing out before its records are durable, then all in order, votes last", async () => {
    const { loop, journal, flushes } = scripted([[persist(1), voted(1), sign, send]]);
    go(loop);
    await pass();
    expect(journal).toEqual(["step available", "append 1"]);
    flushes[0]!();
    await eventually(() => journal.length === 7);
    expect(journal.slice(2)).toEqual([
      `send ${FRAME.signed} to all`,
      `send ${FRAME.batch} to all`,
      `send ${FRAME.votePack} to all`,
      "step statement",
      "step vote",
    ]);
  });

  it("that persists nothing goes out at once", async () => {
    const { loop, journal } = scripted([[send]]);
    go(loop);
    await pass();
    expect(journal).toEqual(["step available", `send ${FRAME.batch} to all`]);
  });

  it("that persists nothing still waits for the one before it", async () => {
    const { loop, journal, flushes } = scripted([[persist(1), send], [send]]);
    go(loop);
    await pass();
    go(loop);
    await pass();
    expect(journal).toEqual(["step available", "append 1", "step available"]);
    flushes[0]!();
    await eventually(() => journal.length === 5);
    expect(journal.slice(3)).toEqual([`send ${FRAME.batch} to all`, `send ${FRAME.batch} to all`]);
  });

  it("shares its flush with all that were stepped while another was under way", async () => {
    const { loop, journal, flushes } = scripted([[persist(1)], [persist(2)], [persist(3)]]);
    for (let round = 0; round < 3; round++) {
      go(loop);
      await pass();
    }
    flushes[0]!();
    await eventually(() => flushes.length === 2);
    expect(journal.filter((line) => line.startsWith("append"))).toEqual(["append 1", "append 2"]);
  });

  it("hands on at once what rests on no promise of this turn", async () => {
    const root: Output = { type: "view", view: view(1), active: true };
    const { loop, journal } = scripted([[persist(1), root]]);
    go(loop);
    await pass();
    expect(journal).toContain("view");
  });

  it("truncates only after what was persisted before it is durable", async () => {
    const { loop, journal, flushes } = scripted([
      [persist(1), { type: "truncate", below: sequence(7) }],
    ]);
    go(loop);
    await pass();
    expect(journal).not.toContain("truncate 7");
    flushes[0]!();
    await eventually(() => journal.includes("truncate 7"));
  });
});

describe("what was executed is kept after its promises", () => {
  it("in flight, gathered behind a flight, or already there", async () => {
    const { loop, journal, flushes } = scripted([[persist(1)], [persist(2)]]);
    await loop.durable();
    for (let round = 0; round < 2; round++) {
      go(loop);
      await pass();
      void loop.durable().then(() => journal.push(`durable ${round}`));
    }
    await pass();
    expect(journal.filter((line) => line.startsWith("durable"))).toEqual([]);
    flushes[0]!();
    await eventually(() => flushes.length === 2);
    expect(journal.filter((line) => line.startsWith("durable"))).toEqual(["durable 0"]);
    flushes[1]!();
    await eventually(() => journal.includes("durable 1"));
    await loop.durable();
  });

  it("and never when they could not be made durable", async () => {
    const { loop, journal, flushes } = scripted([[persist(1)], [persist(2)]]);
    const outcomes: Promise<unknown>[] = [];
    for (let round = 0; round < 2; round++) {
      go(loop);
      await pass();
      outcomes.push(loop.durable().catch((error: Error) => error.message));
    }
    flushes[0]!(new Error("disk"));
    expect(await Promise.all(outcomes)).toEqual(["disk", "disk"]);
    await expect(loop.durable()).rejects.toThrow("disk");
    await loop.stop();
    expect(journal.filter((line) => line.startsWith("append"))).toEqual(["append 1"]);
  });

  it("nor after a step broke off, which may have executed what it has no record of", async () => {
    const broken = { type: "persist" } as unknown as Output;
    const { loop, journal } = scripted([[broken]]);
    Object.defineProperty(broken, "record", {
      get: () => {
        throw new Error("invariant");
      },
    });
    go(loop);
    await pass();
    expect(journal).toContain("fatal invariant");
    await expect(loop.durable()).rejects.toThrow("invariant");
  });

  it("a stop writes what was gathered, and sends nothing of it", async () => {
    const { loop, journal, flushes } = scripted([[persist(1)], [persist(2), voted(2), send]]);
    for (let round = 0; round < 2; round++) {
      go(loop);
      await pass();
    }
    const gathered = loop.durable();
    const stopped = loop.stop();
    flushes[0]!();
    await eventually(() => flushes.length === 2);
    flushes[1]!();
    await Promise.all([gathered, stopped]);
    expect(journal.slice(2)).toEqual(["step available", "append 1"]);
    await loop.durable();
  });
});

describe("the loop", () => {
  it("signs nothing once it is latched, and still sends", async () => {
    const scene = scripted([[voted(1), sign, send]]);
    scene.allowed = false;
    go(scene.loop);
    await pass();
    expect(scene.journal).toEqual(["step available", `send ${FRAME.batch} to all`]);
  });

  it("ends when a promise cannot be made durable, and lets nothing of it out", async () => {
    const { loop, journal, flushes } = scripted([[persist(1), send], [send]]);
    go(loop);
    await pass();
    flushes[0]!(new Error("disk"));
    await eventually(() => journal.includes("fatal disk"));
    go(loop);
    await pass();
    expect(journal).toEqual(["step available", "append 1", "fatal disk"]);
  });

  it("hears a peer however much another one floods it with", async () => {
    const { loop, journal } = scripted([]);
    for (let count = 0; count < 9 * PEER_INPUT_COUNT_MAX; count++) {
      loop.frame(replicaIndex(1), FRAME.forward, Uint8Array.of(255));
    }
    expect(loop.queueLength).toBe(PEER_INPUT_COUNT_MAX);
    const large = new Uint8Array(PEER_INPUT_BYTES_MAX / 4);
    for (let count = 0; count < 9; count++) loop.frame(replicaIndex(2), FRAME.forward, large);
    expect(loop.queueLength).toBe(PEER_INPUT_COUNT_MAX + 4);
    const fetch = fetchStableCodec.encode({ above: sequence(0) });
    loop.frame(replicaIndex(3), FRAME.fetchStable, fetch);
    await eventually(() => journal.includes("step fetch-stable"));
    // What was taken makes room again.
    loop.frame(replicaIndex(1), FRAME.forward, Uint8Array.of(255));
    expect(loop.queueLength).toBe(1);
  });

  it("drops garbage from a peer and counts it", async () => {
    const { loop, journal } = scripted([]);
    for (const kind of Object.values(FRAME)) {
      loop.frame(replicaIndex(1), kind, Uint8Array.of(255, 255, 255));
    }
    await pass();
    expect(journal).toEqual([]);
  });
});
