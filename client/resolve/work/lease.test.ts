import { describe, expect, it } from "vitest";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Client, PutOptions } from "../../types.ts";
import { Leases } from "./lease.ts";
import { LAPSES_MAX, LEASE_KIND } from "./limits.ts";

interface Row {
  value: Uint8Array;
  version: number;
  sinceMs: number;
  endMs: number;
}

/** Entries of a class with versions, as execution keeps them (consensus/execution/put-entry.ts). */
class FakeEntries {
  nowMs = 1_000_000;
  readonly rows = new Map<string, Row>();

  client(): Pick<Client, "get" | "put"> {
    const get = (_namespace: string, key: string): Promise<unknown> =>
      Promise.resolve(this.#get(key));
    const put = async (_: string, key: string, value: Uint8Array, options: PutOptions) =>
      Promise.resolve().then(() => this.#put(key, value, options));
    return { get, put } as unknown as Pick<Client, "get" | "put">;
  }

  #get(name: string): unknown {
    const row = this.#live(name);
    if (row === undefined) return { status: "miss", row: undefined };
    const entry = { version: row.version, time: BigInt(row.sinceMs) << 16n };
    const value = { size: row.value.length, read: () => Promise.resolve(row.value) };
    return { status: "hit", entry, value };
  }

  #put(name: string, value: Uint8Array, options: PutOptions): unknown {
    expect(options.kind).toBe(LEASE_KIND);
    const row = this.#live(name);
    const endMs = this.nowMs + options.ttlMs!;
    if (row !== undefined && String(row.value) === String(value)) row.endMs = endMs;
    else if ((row?.version ?? 0) !== options.succeeds) {
      throw new QuorateError("STALE_VERSION", "", "");
    } else {
      const version = (row?.version ?? 0) + 1;
      this.rows.set(name, { value, version, sinceMs: this.nowMs, endMs });
    }
    return { outcome: "accepted" };
  }

  #live(name: string): Row | undefined {
    const row = this.rows.get(name);
    return row !== undefined && row.endMs > this.nowMs ? row : undefined;
  }
}

function world() {
  const entries = new FakeEntries();
  const leases = (): Leases =>
    new Leases(entries.client(), {
      namespace: "default",
      leaseMs: 1_000,
      termMsMax: 10_000,
      nowMs: () => entries.nowMs,
    });
  return { entries, one: leases(), other: leases() };
}
const { signal } = new AbortController();

describe("a lease", () => {
  it("is held by one, and may be renewed by that one only", async () => {
    const { one, other, entries } = world();
    const lease = await one.claim("k", signal);
    expect(await other.claim("k", signal)).toBeUndefined();
    entries.nowMs += 900;
    expect(await lease?.renew()).toBe(true);
    entries.nowMs += 900;
    expect(await other.claim("k", signal)).toBeUndefined();
  });

  it("passes on when it is not renewed, and then cannot be renewed", async () => {
    const { one, other, entries } = world();
    const lease = await one.claim("k", signal);
    entries.nowMs += 1_001;
    expect(await other.claim("k", signal)).toBeDefined();
    expect(await lease?.renew()).toBe(false);
  });

  it("goes to the first of two who claim it at one time", async () => {
    const { one, other } = world();
    const both = await Promise.all([one.claim("k", signal), other.claim("k", signal)]);
    expect(both.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it("is taken from who renews it for longer than a term", async () => {
    const { one, other, entries } = world();
    const lease = await one.claim("k", signal);
    for (let count = 0; count < 12; count++) {
      entries.nowMs += 900;
      expect(await lease?.renew()).toBe(true);
    }
    expect(await other.claim("k", signal)).toBeDefined();
    expect(await lease?.renew()).toBe(false);
  });

  it("of who did so several times is waited for no more", async () => {
    const { one, other, entries } = world();
    const keys = Array.from({ length: LAPSES_MAX.obligations }, (_, index) => `k${index}`);
    const held = await Promise.all(keys.map((key) => one.claim(key, signal)));
    for (let count = 0; count < 12; count++) {
      entries.nowMs += 900;
      for (const lease of held) await lease?.renew();
    }
    for (const key of keys) expect(await other.claim(key, signal)).toBeDefined();
    await one.claim("new", signal);
    expect(await other.claim("new", signal)).toBeDefined();
  });
});
