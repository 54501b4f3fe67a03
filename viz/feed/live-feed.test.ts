import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import { LIVE_EVENT_COUNT_MAX, LiveFeed } from "./live-feed.ts";
import type { LiveState } from "./live-feed.ts";

/** The socket that the feed opened last, moved by hand. */
class ManualSocket {
  static opened: ManualSocket[] = [];
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { readonly data: ArrayBuffer | string }) => void = () => undefined;

  constructor() {
    ManualSocket.opened.push(this);
  }

  close(): void {
    this.onclose();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", ManualSocket);
  ManualSocket.opened = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Heard {
  readonly states: LiveState[];
  readonly counts: number[];
  readonly nodes: string[];
  dropped: number;
}

function follow(): { readonly feed: LiveFeed; readonly heard: Heard } {
  const heard: Heard = { states: [], counts: [], nodes: [], dropped: 0 };
  const feed = new LiveFeed("ws://collector/live", {
    onRecording: ({ table }) => heard.counts.push(table.count),
    onState: (state) => heard.states.push(state),
    onDropped: (count) => {
      heard.dropped += count;
    },
    onNodes: (samples) => heard.nodes.push(...samples.map(({ name }) => name)),
  });
  return { feed, heard };
}

const socket = (): ManualSocket => ManualSocket.opened.at(-1) as ManualSocket;
const [header, ...blocks] = [
  ...generatedRecording({ memberCount: 4, clientCount: 1, instanceCount: 3, seed: 1 }),
];

function send(bytes: Uint8Array | undefined): void {
  socket().onmessage({ data: (bytes ?? new Uint8Array()).slice().buffer });
}

it("has nothing to show as long as no event has come, whatever the header says", () => {
  const { heard } = follow();
  socket().onopen();
  send(header);
  vi.advanceTimersByTime(60_000);
  expect(heard.counts).toEqual([]);
  for (const block of blocks) send(block);
  vi.advanceTimersByTime(60_000);
  expect(heard.counts).toEqual([expect.any(Number)]);
});

it("is lost until it streams again, however often it tries", () => {
  const { heard } = follow();
  expect(heard.states).toEqual(["connecting"]);
  socket().onopen();
  for (let attempt = 1; attempt <= 5; attempt++) {
    socket().onclose();
    vi.advanceTimersByTime(1000);
    expect(ManualSocket.opened.length).toBe(1 + attempt);
    expect(heard.states.at(-1)).toBe("disconnected");
  }
  socket().onopen();
  expect(heard.states.at(-1)).toBe("streaming");
});

it("takes an event once that a collector sends again after a reconnection", () => {
  const { heard } = follow();
  for (let round = 0; round < 2; round++) {
    socket().onopen();
    for (const bytes of [header, ...blocks]) send(bytes);
    vi.advanceTimersByTime(1000);
    socket().onclose();
    vi.advanceTimersByTime(1000);
  }
  expect(new Set(heard.counts).size).toBe(1);
});

it("hands on what the collector left out for it, and what nodes say of themselves", () => {
  const { heard } = follow();
  socket().onopen();
  socket().onmessage({ data: '{"droppedEventCount":17}' });
  expect(heard.dropped).toBe(17);
  socket().onmessage({ data: '{"nodes":[{"name":"gateway-0","atMs":1,"values":{}}]}' });
  expect(heard.nodes).toEqual(["gateway-0"]);
});

it("holds a bounded past, however long it watches, and every event of it once", () => {
  const { heard } = follow();
  socket().onopen();
  const long = generatedRecording({
    ...{ memberCount: 4, clientCount: 2, instanceCount: 4200, seed: 2 },
  });
  for (const bytes of long) {
    send(bytes);
    vi.advanceTimersByTime(300);
  }
  const most = Math.max(...heard.counts);
  expect(most).toBeLessThanOrEqual(LIVE_EVENT_COUNT_MAX);
  // More came than it holds, and what it dropped made room.
  expect(heard.counts.some((count, at) => count < (heard.counts[at - 1] ?? 0))).toBe(true);
});

it("tries no more once it is closed", () => {
  const { feed } = follow();
  socket().onclose();
  feed.close();
  vi.advanceTimersByTime(60_000);
  expect(ManualSocket.opened.length).toBe(1);
});
