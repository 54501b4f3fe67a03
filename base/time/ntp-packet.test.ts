import { describe, expect, it } from "vitest";
import { utf8 } from "../bytes.ts";
import { NTP_PACKET_SIZE, ntpReply, ntpRequest, writeNtpTimestamp } from "./ntp-packet.ts";
import { sampleOf } from "./time-sample.ts";
import { middleOf } from "./time-interval.ts";

const NONCE = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const NOON_MS = Date.UTC(2026, 10, 21, 12);

interface Shape {
  readonly leap?: number;
  readonly version?: number;
  readonly mode?: number;
  readonly stratum?: number;
  readonly rootDelay?: number;
  readonly rootDispersion?: number;
  readonly reference?: string;
  readonly nonce?: Uint8Array;
  readonly receivedMs?: number;
  readonly sentMs?: number;
}

function reply(shape: Shape = {}): Uint8Array {
  const packet = new Uint8Array(NTP_PACKET_SIZE);
  const view = new DataView(packet.buffer);
  packet[0] = ((shape.leap ?? 0) << 6) | ((shape.version ?? 4) << 3) | (shape.mode ?? 4);
  packet[1] = shape.stratum ?? 2;
  view.setInt8(3, -20);
  view.setInt32(4, shape.rootDelay ?? 0);
  view.setUint32(8, shape.rootDispersion ?? 0);
  packet.set(utf8(shape.reference ?? "GPS "), 12);
  packet.set(shape.nonce ?? NONCE, 24);
  writeNtpTimestamp(view, 32, shape.receivedMs ?? NOON_MS);
  writeNtpTimestamp(view, 40, shape.sentMs ?? shape.receivedMs ?? NOON_MS);
  return packet;
}

describe("a question", () => {
  it("holds a nonce and nothing else of ours", () => {
    const packet = ntpRequest(NONCE);
    expect([...packet.subarray(40)]).toEqual([...NONCE]);
    expect(packet[0]).toBe(0x23);
    expect(packet.subarray(1, 40).every((byte) => byte === 0)).toBe(true);
  });
});

describe("an answer", () => {
  it.each([
    ["to another question", reply({ nonce: new Uint8Array(8) })],
    ["cut short", reply().subarray(0, 47)],
    ["of a client", reply({ mode: 3 })],
    ["of a broadcast", reply({ mode: 5 })],
    ["of a version that nobody speaks", reply({ version: 1 })],
    ["of nothing", new Uint8Array(0)],
  ])("is none when it is %s", (_name, packet) => {
    expect(ntpReply(packet, NONCE)).toBeUndefined();
  });

  it("is read with fractions, of either version and beyond 2036", () => {
    const late = Date.UTC(2040, 0, 1) + 0.25;
    const read = ntpReply(reply({ version: 3, receivedMs: late, rootDelay: 0x8000 }), NONCE);
    expect(read?.receivedMs).toBeCloseTo(late, 3);
    expect(read?.rootDelayMs).toBe(500);
    expect(read?.precisionMs).toBeCloseTo(0.000_95, 5);
  });

  it("leaves what follows the header alone", () => {
    const longer = new Uint8Array(68);
    longer.set(reply());
    expect(ntpReply(longer, NONCE)?.stratum).toBe(2);
  });
});

describe("a sample", () => {
  const judge = (shape: Shape, times = { sentMs: 1000, receivedMs: 1020 }) =>
    sampleOf(ntpReply(reply(shape), NONCE)!, times);

  it("is the middle of both ways, within half of them and what the server is off by", () => {
    const judged = judge({
      receivedMs: NOON_MS,
      sentMs: NOON_MS + 4,
      rootDelay: 655,
      rootDispersion: 655,
    });
    if (!("sample" in judged)) throw new Error(judged.refused);
    const { sample } = judged;
    expect(sample.delayMs).toBeCloseTo(16, 3);
    expect(middleOf(sample.offset)).toBeCloseTo(NOON_MS + 2 - 1010, 3);
    expect((sample.offset.highMs - sample.offset.lowMs) / 2).toBeCloseTo(8 + 5 + 10, 1);
  });

  it.each([
    ["kiss-rate", { stratum: 0, reference: "RATE" }],
    ["kiss-deny", { stratum: 0, reference: "DENY" }],
    ["kiss-deny", { stratum: 0, reference: "RSTR" }],
    ["unsynchronised", { leap: 3 }],
    ["unsynchronised", { stratum: 16 }],
    ["distant", { rootDispersion: 4 << 16 }],
    ["absurd", { rootDelay: -5 }],
    ["absurd", { receivedMs: NOON_MS, sentMs: NOON_MS - 1 }],
    ["absurd", { receivedMs: NOON_MS, sentMs: NOON_MS + 50 }],
  ] as const)("is none: %s of %j", (refused, shape) => {
    expect(judge(shape)).toEqual({ refused });
  });

  it("is none when the server says no time", () => {
    const packet = reply();
    packet.fill(0, 32, 40);
    const read = ntpReply(packet, NONCE)!;
    expect(sampleOf(read, { sentMs: 0, receivedMs: 1 })).toEqual({ refused: "absurd" });
  });
});
