import { createSocket } from "node:dgram";
import { afterEach, describe, expect, it } from "vitest";
import { around } from "../../base/time/time-interval.ts";
import { createLog } from "../log.ts";
import { askChrony } from "./chrony-tracking.ts";
import { createTimekeeper } from "./create-timekeeper.ts";
import { askSntp } from "./sntp-client.ts";
import type { TimeAnswer } from "./sntp-client.ts";
import { answerTo, startOddServer } from "./testing/ntp-servers.ts";
import type { Misbehaviour, RunningServer } from "./testing/ntp-servers.ts";
import { parseTimeSource, parseTimeSources } from "./time-source.ts";
import { Timekeeper } from "./timekeeper.ts";
import type { TimeChange } from "./timekeeper.ts";

const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function odd(misbehave: Misbehaviour): Promise<RunningServer> {
  const server = await startOddServer(misbehave);
  servers.push(server);
  return server;
}

const ask = async (misbehave: Misbehaviour, timeoutMs = 400): Promise<TimeAnswer> => {
  const { port } = await odd(misbehave);
  return askSntp({ host: "127.0.0.1", port, timeoutMs, monotonicMs: () => performance.now() });
};

const honest: Misbehaviour = (question, from, socket) => {
  socket.send(answerTo(question), from.port, from.address);
};

describe("one question", () => {
  it("is answered", async () => {
    expect(await ask(honest, 30_000)).toMatchObject({ kind: "sample", strays: 0 });
  });

  it.each<[string, Misbehaviour, object]>([
    ["silent", () => undefined, { kind: "silent", why: "no answer in time", strays: 0 }],
    [
      "answered with another's nonce",
      (question, from, socket) =>
        socket.send(answerTo(question, { origin: new Uint8Array(8) }), from.port, from.address),
      { kind: "silent", strays: 1 },
    ],
    [
      "answered with garbage",
      (_question, from, socket) => socket.send(Buffer.from("hello"), from.port, from.address),
      { kind: "silent", strays: 1 },
    ],
    [
      "answered by a stranger who was shown the question",
      (question, from) => {
        const stranger = createSocket("udp4");
        stranger.bind(0, "127.0.0.1", () => {
          stranger.send(answerTo(question), from.port, from.address, () => stranger.close());
        });
      },
      { kind: "silent", strays: 0 },
    ],
  ])("that is %s ends in time and without a sample", async (_name, misbehave, expected) => {
    // Long enough for what does come to be counted, on a machine that stands still for a moment.
    expect(await ask(misbehave, 1_500)).toMatchObject(expected);
  });

  it("believes the server behind a guesser's flood, within a bound", async () => {
    const flood: (count: number) => Misbehaviour = (count) => (question, from, socket) => {
      for (let index = 0; index < count; index++) {
        socket.send(answerTo(question, { origin: new Uint8Array(8) }), from.port, from.address);
      }
      honest(question, from, socket);
    };
    expect(await ask(flood(10), 30_000)).toMatchObject({ kind: "sample", strays: 10 });
    expect(await ask(flood(100), 30_000)).toMatchObject({ kind: "silent", strays: 65 });
  });

  it.each([
    ["kiss-rate", { stratum: 0, reference: "RATE" }],
    ["kiss-deny", { stratum: 0, reference: "DENY" }],
    ["unsynchronised", { leap: 3 }],
  ] as const)("is refused: %s", async (why, wrong) => {
    const answer = await ask((question, from, socket) => {
      socket.send(answerTo(question, wrong), from.port, from.address);
    }, 30_000);
    expect(answer).toMatchObject({ kind: "refused", why });
  });

  it("to nobody ends", async () => {
    const server = await startOddServer(honest);
    await server.close();
    const { port } = server;
    const monotonicMs = (): number => performance.now();
    const refused = await askSntp({ host: "127.0.0.1", port, timeoutMs: 30_000, monotonicMs });
    expect(refused).toMatchObject({ kind: "silent", why: "ECONNREFUSED" });
    const unknown = await askSntp({
      host: "no.such.invalid",
      port,
      timeoutMs: 30_000,
      monotonicMs,
    });
    expect(unknown.kind).toBe("silent");
  });
});

describe("the names of servers", () => {
  it.each([
    ["ntp.example", { host: "ntp.example", port: 123 }],
    ["ntp.example:1123", { host: "ntp.example", port: 1123 }],
    ["127.0.0.11:9", { host: "127.0.0.11", port: 9 }],
    ["2001:db8::1", { host: "2001:db8::1", port: 123 }],
    ["[2001:db8::1]:1123", { host: "2001:db8::1", port: 1123 }],
    ["chrony", { kind: "chrony" }],
  ])("%s", (text, expected) => {
    expect(parseTimeSource(text)).toMatchObject(expected);
  });

  it.each(["", "a b", "host:0", "host:65536", "[nothing]:1", "host:ntp"])("not %j", (text) => {
    expect(() => parseTimeSource(text)).toThrow(expect.objectContaining({ code: "TIME_SERVER" }));
  });

  it("stand once each", () => {
    expect(() => parseTimeSources(["a", "b", "a"])).toThrow(/twice/);
  });
});

describe("chrony's own account", () => {
  const account = (line: string) =>
    askChrony({
      timeoutMs: 30_000,
      monotonicMs: () => 1000,
      machineMs: () => 5000,
      command: [process.execPath, "-e", `console.log(${JSON.stringify(line)})`],
    });
  const GOOD =
    "A29FC801,162.159.200.1,4,1700000000.0,0.0005,0.0001,0.0002,1.0,0.0,0.1,0.020,0.001,64.5,Normal";

  it("is an interval around the machine's clock", async () => {
    const answer = await account(GOOD);
    expect(answer).toMatchObject({ kind: "sample", sample: { delayMs: 20, leap: 0 } });
    if (answer.kind !== "sample") throw new Error("no sample");
    expect(answer.sample.offset.lowMs).toBeCloseTo(4000 - 12.5, 6);
    expect(answer.sample.offset.highMs).toBeCloseTo(4000 + 12.5, 6);
  });

  it.each([
    ["unsynchronised", GOOD.replace("Normal", "Not synchronised")],
    ["unsynchronised", GOOD.replace(",4,", ",0,")],
    ["absurd", "something else"],
  ])("is none: %s", async (why, line) => {
    expect(await account(line)).toMatchObject({ kind: "refused", why });
  });

  it("is none where no chrony is", async () => {
    const answer = await askChrony({
      timeoutMs: 30_000,
      monotonicMs: () => 0,
      machineMs: () => 0,
      command: ["/no/such/chronyc"],
    });
    expect(answer).toMatchObject({ kind: "silent", why: "chronyc (ENOENT)" });
  });
});

describe("a timekeeper", () => {
  it("without servers follows the machine's clock, calls itself so and may judge", async () => {
    const keeper = createTimekeeper([], createLog({ level: "silent", index: 0 }));
    await keeper.start();
    const status = keeper.status(0);
    expect(status).toMatchObject({
      state: "FREE-RUNNING",
      certain: true,
      errorMs: null,
      servers: [],
    });
    expect(Math.abs(status.machineMs)).toBeLessThan(250);
    await keeper.close();
  });

  it("may not judge while none of its servers was ever heard", async () => {
    const nobody = await odd(() => undefined);
    const keeper = new Timekeeper({ sources: parseTimeSources([nobody.name]), answerMsMax: 50 });
    await keeper.start();
    expect(keeper.status(0)).toMatchObject({
      state: "FREE-RUNNING",
      certain: false,
      servers: [{ verdict: "silent" }],
    });
    await keeper.close();
  });

  it("is disrupted by a jump of the machine's clock, tells it, and is set again", async () => {
    let machineMs = 1_000_000;
    let monotonicMs = 0;
    const changes: TimeChange[] = [];
    const keeper = new Timekeeper({
      sources: parseTimeSources(["one"]),
      machineMs: () => machineMs,
      monotonicMs: () => monotonicMs,
      onChange: (change) => changes.push(change),
      ask: () =>
        Promise.resolve({
          kind: "sample",
          strays: 0,
          sample: { offset: around(2_000_000, 1), atMs: monotonicMs, delayMs: 2, leap: 0 },
        }),
    });
    await keeper.start();
    expect([keeper.state, keeper.nowMs(), keeper.certain]).toEqual([
      "SYNCHRONISED",
      2_000_000,
      true,
    ]);
    machineMs += 3_600_000;
    monotonicMs += 10;
    expect(keeper.nowMs()).toBe(2_000_010);
    expect([keeper.state, keeper.certain]).toEqual(["DISRUPTED", false]);
    await expect.poll(() => keeper.state, { timeout: 30_000 }).toBe("SYNCHRONISED");
    await keeper.close();
    expect(changes[0]).toMatchObject({ from: "FREE-RUNNING", to: "SYNCHRONISED", certain: true });
  });

  it("takes no pause between two readings for a jump", () => {
    let monotonicMs = 0;
    let pauseMs = 0;
    const keeper = new Timekeeper({
      sources: [],
      monotonicMs: () => monotonicMs,
      machineMs: () => {
        monotonicMs += pauseMs;
        return 1_000_000 + monotonicMs;
      },
    });
    pauseMs = 3_000;
    expect(keeper.nowMs()).toBe(1_000_000);
    pauseMs = 0;
    expect(keeper.nowMs()).toBe(1_003_000);
    expect([keeper.state, keeper.certain]).toEqual(["FREE-RUNNING", true]);
  });

  it("leaves a server in peace that asks for it, and one for good that denies", async () => {
    const asked = { rate: 0, deny: 0 };
    const refusal = (name: "rate" | "deny"): TimeAnswer => {
      asked[name]++;
      return { kind: "refused", why: `kiss-${name}`, strays: 0 };
    };
    const keeper = new Timekeeper({
      sources: parseTimeSources(["rate", "deny"]),
      pollMs: 1,
      ask: (source) => Promise.resolve(refusal(source.name as "rate" | "deny")),
    });
    await keeper.start();
    await expect.poll(() => keeper.status(0).rounds, { timeout: 30_000 }).toBeGreaterThan(16);
    await keeper.close();
    expect(asked.deny).toBe(1);
    expect(asked.rate).toBeGreaterThan(1);
    expect(asked.rate).toBeLessThan(6);
  });

  it("asks a part of a pool once it is set, and all when the part does not hold", async () => {
    const lies = new Set<string>();
    const askedPerRound: number[] = [];
    let asked = 0;
    const names = Array.from({ length: 40 }, (_, index) => `pool-${index}`);
    const keeper = new Timekeeper({
      sources: parseTimeSources(names),
      pollMs: 1,
      ask: (source) => {
        asked++;
        const middle = lies.has(source.name) ? 9e9 : 7000;
        const sample = { offset: around(middle, 2), atMs: performance.now(), delayMs: 4, leap: 0 };
        return Promise.resolve({ kind: "sample", sample, strays: 0 });
      },
    });
    const round = async (): Promise<void> => {
      const { rounds } = keeper.status(0);
      await expect.poll(() => keeper.status(0).rounds, { timeout: 30_000 }).toBeGreaterThan(rounds);
    };
    await keeper.start();
    expect(asked).toBe(40);
    asked = 0;
    await round();
    askedPerRound.push(asked);
    expect(askedPerRound[0]! % 15).toBe(0);
    // Two in five lie: some parts hold by chance, and the clock is never moved.
    for (const name of names.slice(0, 16)) lies.add(name);
    for (let count = 0; count < 5; count++) await round();
    expect(keeper.state).toBe("SYNCHRONISED");
    expect(keeper.status(0).errorMs).toBeLessThan(3);
    await keeper.close();
  });
});
