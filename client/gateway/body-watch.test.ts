import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BodyWatch } from "./body-watch.ts";
import { Counts } from "./counts.ts";
import { BODY_BYTES_PER_SECOND_MIN } from "./limits.ts";

const SWEEP_MS = 1_000;

class Body extends EventEmitter {
  complete = false;
  readableLength = 0;
  readonly socket = {
    bytesRead: 0,
    destroyed: false,
    destroy: () => (this.socket.destroyed = true),
  };
}

describe("a body is judged over whole intervals only", () => {
  let watch: BodyWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    watch = new BodyWatch(new Counts(), { sweepMs: SWEEP_MS });
  });
  afterEach(() => {
    watch.close();
    vi.useRealTimers();
  });

  function begin(): Body {
    const body = new Body();
    watch.add(body as unknown as IncomingMessage);
    return body;
  }

  it("one that began just before a sweep is left alone", () => {
    vi.advanceTimersByTime(SWEEP_MS - 1);
    const body = begin();
    vi.advanceTimersByTime(1);
    expect(body.socket.destroyed).toBe(false);
  });

  it("one that brings nothing for an interval is cut off", () => {
    const body = begin();
    vi.advanceTimersByTime(2 * SWEEP_MS);
    expect(body.socket.destroyed).toBe(true);
  });

  it("one that comes at the least rate stays", () => {
    const body = begin();
    for (let second = 0; second < 5; second++) {
      body.socket.bytesRead += BODY_BYTES_PER_SECOND_MIN;
      vi.advanceTimersByTime(SWEEP_MS);
    }
    expect(body.socket.destroyed).toBe(false);
  });

  it("one that we hold back ourselves is not the sender's fault", () => {
    const body = begin();
    body.readableLength = 1;
    vi.advanceTimersByTime(3 * SWEEP_MS);
    expect(body.socket.destroyed).toBe(false);
  });

  it("many go a few at a time, and all in the end: a tool waits behind the few", () => {
    const bodies = Array.from({ length: 200 }, begin);
    vi.advanceTimersByTime(SWEEP_MS);
    const ended = (): number => bodies.filter(({ socket }) => socket.destroyed).length;
    expect(ended()).toBeGreaterThan(0);
    expect(ended()).toBeLessThan(20);
    vi.advanceTimersByTime(SWEEP_MS);
    expect(ended()).toBe(200);
  });
});
