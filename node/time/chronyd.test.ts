import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NtpTimeSync } from "ntp-time-sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerTo, hasChrony, startChronyd, startOddServer } from "./testing/ntp-servers.ts";
import type { Misbehaviour, RunningServer } from "./testing/ntp-servers.ts";
import type { ServerVerdict, TimeStatus } from "./time-status.ts";
import { parseTimeSources } from "./time-source.ts";
import { Timekeeper } from "./timekeeper.ts";

const LIE_MS = 5_000;
/** Names that chrony's four honest servers stand under; each has an address of its own. */
const ADDRESSES = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"] as const;

/** Between two looks at a clock there is no more than this; else somebody else had the machine. */
const LOOK_MS_MAX = 0.1;

/** The machine's clock to a few microseconds, where it steps from one millisecond to the next. */
function machineMs(): { readonly timeMs: number; readonly monotonicMs: number } {
  let [before, beforeMs] = [Date.now(), performance.now()];
  for (;;) {
    const timeMs = Date.now();
    const monotonicMs = performance.now();
    if (timeMs !== before && monotonicMs - beforeMs < LOOK_MS_MAX) return { timeMs, monotonicMs };
    [before, beforeMs] = [timeMs, monotonicMs];
  }
}

/** What this clock says, and when that was. */
function look(clock: () => number): { readonly timeMs: number; readonly monotonicMs: number } {
  for (;;) {
    const beforeMs = performance.now();
    const timeMs = clock();
    const monotonicMs = performance.now();
    if (monotonicMs - beforeMs < LOOK_MS_MAX) return { timeMs, monotonicMs };
  }
}

describe.skipIf(!hasChrony)("with real servers", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-time-"));
  const honest: RunningServer[] = [];
  let liar: RunningServer;
  const odd: RunningServer[] = [];

  beforeAll(async () => {
    const [skewed, ...others] = await Promise.all([
      startChronyd(folder, "127.0.0.15", `+${LIE_MS / 1000}s`),
      ...ADDRESSES.map((address) => startChronyd(folder, address)),
    ]);
    liar = skewed!;
    honest.push(...others);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(
      [...honest, ...odd, ...(liar === undefined ? [] : [liar])].map((one) => one.close()),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  /** Answers come within microseconds, but for a machine that has other things to do. */
  async function keep(
    names: readonly string[],
    answerMsMax = 3000,
  ): Promise<TimeStatus & { readonly missMs: number }> {
    const keeper = new Timekeeper({ sources: parseTimeSources(names), answerMsMax });
    await keeper.start();
    const machine = machineMs();
    const kept = look(() => keeper.nowMs());
    const nowMs = kept.timeMs - (kept.monotonicMs - machine.monotonicMs);
    const status = keeper.status(0);
    await keeper.close();
    return { ...status, missMs: Math.abs(nowMs - machine.timeMs) };
  }

  async function oddServer(misbehave: Misbehaviour): Promise<string> {
    const server = await startOddServer(misbehave);
    odd.push(server);
    return server.name;
  }

  const verdicts = ({ servers }: TimeStatus): ServerVerdict[] => servers.map((one) => one.verdict);
  const names = (count: number): string[] => honest.slice(0, count).map((one) => one.name);

  it("four honest ones and one five seconds ahead: within a millisecond and half of the delay", async () => {
    const status = await keep([...names(4), liar.name]);
    expect(verdicts(status)).toEqual(["agrees", "agrees", "agrees", "agrees", "falseticker"]);
    expect(status).toMatchObject({ state: "SYNCHRONISED", certain: true });
    const delayMs = Math.max(...status.servers.slice(0, 4).map((one) => one.delayMs ?? 0));
    const lieMs = status.servers[4]!.offsetMs ?? 0;
    console.log(
      `timekeeper: off by ${status.missMs.toFixed(3)} ms, claims ${status.errorMs?.toFixed(3)} ms,` +
        ` longest delay ${delayMs.toFixed(3)} ms; the liar says ${lieMs.toFixed(3)} ms`,
    );
    expect(status.missMs).toBeLessThan(1 + delayMs / 2);
    expect(status.missMs).toBeLessThan((status.errorMs ?? 0) + 1);
    const apartMs = 1 + (status.servers[4]!.delayMs ?? 0) + (status.errorMs ?? 0);
    expect(Math.abs(lieMs - LIE_MS)).toBeLessThan(apartMs);
  });

  it("two of five silent", async () => {
    const silent = [await oddServer(() => undefined), await oddServer(() => undefined)];
    const status = await keep([...names(3), ...silent]);
    expect(verdicts(status)).toEqual(["agrees", "agrees", "agrees", "silent", "silent"]);
    expect(status.state).toBe("SYNCHRONISED");
  });

  it("no majority: two honest ones, two silent, one liar", async () => {
    const silent = [await oddServer(() => undefined), await oddServer(() => undefined)];
    const status = await keep([...names(2), ...silent, liar.name], 1000);
    expect(status).toMatchObject({ state: "FREE-RUNNING", certain: false });
    expect(verdicts(status)).toEqual([
      "unconfirmed",
      "unconfirmed",
      "silent",
      "silent",
      "unconfirmed",
    ]);
  });

  it.each<[string, Misbehaviour, ServerVerdict]>([
    [
      "one that somebody off the path spoofs",
      // Who does not see the question has to guess the nonce.
      (question, from, socket) =>
        socket.send(
          answerTo(question, { byMs: LIE_MS, origin: new Uint8Array(8) }),
          from.port,
          from.address,
        ),
      "silent",
    ],
    [
      "a kiss of death",
      (question, from, socket) =>
        socket.send(answerTo(question, { stratum: 0, reference: "DENY" }), from.port, from.address),
      "denied",
    ],
    [
      "one that says it is not synchronised, by its leap flag",
      (question, from, socket) =>
        socket.send(answerTo(question, { leap: 3, byMs: LIE_MS }), from.port, from.address),
      "unsynchronised",
    ],
    [
      "one that announces a second that nobody else knows of",
      (question, from, socket) =>
        socket.send(answerTo(question, { leap: 1 }), from.port, from.address),
      "agrees",
    ],
  ])("two honest ones and %s", async (_name, misbehave, verdict) => {
    const status = await keep([...names(2), await oddServer(misbehave)]);
    expect(status).toMatchObject({ state: "SYNCHRONISED", certain: true, leap: 0 });
    expect(verdicts(status)).toEqual(["agrees", "agrees", verdict]);
    expect(status.missMs).toBeLessThan(1 + (status.errorMs ?? 0));
  });

  it("beside them ntp-time-sync, which takes the mean of all that it hears", async () => {
    const sync = new NtpTimeSync({
      servers: [...honest.map((one) => one.name), liar.name],
      sampleCount: 5,
      replyTimeout: 3000,
    });
    const { offset } = await sync.getTime();
    console.log(
      `ntp-time-sync: off by ${Math.abs(offset).toFixed(3)} ms with the same five servers`,
    );
    expect(Number.isFinite(offset)).toBe(true);
  });
});
