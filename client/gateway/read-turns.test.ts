import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CROWDED_CONNECTION_COUNT, READ_LOOK_MS, READ_TURN_MS, READS_A_TURN } from "./limits.ts";
import { ReadTurns } from "./read-turns.ts";

class Peer extends EventEmitter {
  bytesRead = 0;
  destroyed = false;
  isPaused = false;
  resumed = 0;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
    this.resumed++;
  }
  /** Its head is whole; its body is not. */
  ask(): { complete: boolean } {
    const request = { complete: false, destroyed: false, readableLength: 0, socket: this };
    turns.heard(request as unknown as IncomingMessage);
    return request;
  }
}

const CROWD_COUNT = 300;
let turns: ReadTurns;
let peers: Peer[];

beforeEach(() => {
  vi.useFakeTimers();
  turns = new ReadTurns();
  peers = [];
});
afterEach(() => {
  turns.close();
  vi.useRealTimers();
});

function open(count: number): Peer[] {
  const opened = Array.from({ length: count }, () => new Peer());
  for (const peer of opened) turns.opened(peer as unknown as Socket);
  peers.push(...opened);
  return opened;
}

/** Each of these sends one byte now, and then time passes. */
function drip(from: readonly Peer[], ms: number): void {
  for (const peer of from) peer.bytesRead++;
  vi.advanceTimersByTime(ms);
}

const readNow = (): Peer[] => peers.filter(({ isPaused }) => !isPaused);

/** Most that were read in any turn, and all that were in some. */
function watch(turnCount: number): { most: number; seen: Set<Peer> } {
  const seen = new Set<Peer>();
  let most = 0;
  for (let turn = 0; turn < turnCount; turn++) {
    vi.advanceTimersByTime(READ_TURN_MS);
    for (const peer of readNow()) seen.add(peer);
    most = Math.max(most, readNow().length);
  }
  return { most, seen };
}

describe.each([
  ["a body", (peer: Peer) => void peer.ask()],
  ["a head", () => undefined],
])("many that send %s byte by byte", (_what, begin) => {
  it("are read a few at a time, and each has its turn", () => {
    for (const peer of open(CROWD_COUNT)) begin(peer);
    drip(peers, 300);
    const { most, seen } = watch((2 * CROWD_COUNT) / READS_A_TURN);
    expect(most).toBeLessThanOrEqual(READS_A_TURN);
    expect(seen.size).toBe(CROWD_COUNT);
  });

  it("wait behind those that have only begun to crawl", () => {
    for (const peer of open(CROWD_COUNT)) begin(peer);
    drip(peers, 5_000);
    const [late] = open(1) as [Peer];
    begin(late);
    drip([late], READ_LOOK_MS + 5 * READ_TURN_MS);
    expect(late.resumed).toBeGreaterThan(0);
  });
});

describe("in a crowd", () => {
  beforeEach(() => {
    for (const peer of open(CROWD_COUNT)) peer.ask();
    drip(peers, 300);
  });

  it("one that is silent between its requests is left alone", () => {
    const [idle] = open(1) as [Peer];
    for (let request = 0; request < 20; request++) {
      idle.bytesRead += 200;
      idle.ask().complete = true;
      vi.advanceTimersByTime(70 * (request % 5));
      expect(idle.isPaused).toBe(false);
    }
  });

  it("one whose body comes at some pace is left alone", () => {
    const [quick] = open(1) as [Peer];
    quick.ask();
    for (let turn = 0; turn < 100; turn++) {
      quick.bytesRead += 1_000;
      vi.advanceTimersByTime(READ_TURN_MS);
      expect(quick.isPaused).toBe(false);
    }
  });

  it("one that has found a pace is read on", () => {
    const [one] = peers as [Peer];
    for (let turn = 0; turn < 200; turn++) {
      if (!one.isPaused) one.bytesRead += 100_000;
      vi.advanceTimersByTime(READ_TURN_MS);
    }
    expect(one.isPaused).toBe(false);
  });

  it("one whose body is whole waits for us, and is read on", () => {
    const [one] = open(1) as [Peer];
    const request = one.ask();
    drip([one], 5_000);
    request.complete = true;
    drip([], 5_000);
    expect(one.isPaused).toBe(false);
  });

  it("all are read again when it is over", () => {
    for (const peer of peers.slice(CROWDED_CONNECTION_COUNT)) peer.emit("close");
    vi.advanceTimersByTime(2 * READ_TURN_MS);
    expect(peers.filter(({ isPaused }) => isPaused)).toEqual([]);
  });

  it("one that is no connection of ours any more is handed on reading", () => {
    const resting = peers.find(({ isPaused }) => isPaused) as Peer;
    turns.forget(resting as unknown as Socket);
    vi.advanceTimersByTime(1_000);
    expect(resting.isPaused).toBe(false);
  });
});

it("few are read as they come, however they crawl", () => {
  for (const peer of open(CROWDED_CONNECTION_COUNT)) peer.ask();
  for (let round = 0; round < 20; round++) drip(peers, 100);
  expect(readNow()).toHaveLength(CROWDED_CONNECTION_COUNT);
});
