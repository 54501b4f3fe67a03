import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcFromMs } from "../../../base/hlc.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { SignedWriteSet } from "../../types.ts";
import { decodeRecord, encodeRecord } from "./journal-record.ts";
import type { Intent } from "./journal-record.ts";
import { Journal } from "./journal.ts";

function intent(index: number, size = 10): Intent {
  const digest = nodeCrypto.hash(Uint8Array.of(index & 255, index >> 8));
  const name = `key/${index}`;
  return {
    namespace: "tests",
    name,
    kind: "raw/1",
    digest,
    size,
    semanticDigest: digest,
    succeeds: 0,
  };
}

function signed(index: number): SignedWriteSet {
  const bytes = new Uint8Array(100).fill(index);
  return { digest: nodeCrypto.hash(bytes), bytes, notAfter: hlcFromMs(1e12), inline: true };
}

describe("the gateway's journal", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "quorate-journal-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const segmentPath = (): string =>
    join(
      folder,
      readdirSync(folder)
        .filter((name) => name.startsWith("segment."))
        .sort()
        .at(-1)!,
    );

  async function fill(count: number): Promise<void> {
    const journal = await Journal.open(folder);
    for (let index = 1; index <= count; index++) {
      await journal.add(intent(index), { signed: signed(index), value: undefined });
    }
    await journal.close();
  }

  it("hands back what waits, with the same signed bytes, oldest first", async () => {
    await fill(3);
    const journal = await Journal.open(folder);
    expect(journal.pending().map((one) => one.intent)).toEqual([1, 2, 3].map((n) => intent(n)));
    expect(journal.pending().map((one) => one.signed)).toEqual([1, 2, 3].map((n) => signed(n)));
    await journal.close();
  });

  it("forgets what is done", async () => {
    const journal = await Journal.open(folder);
    const first = await journal.add(intent(1), { signed: signed(1), value: undefined });
    await journal.add(intent(2), { signed: signed(2), value: undefined });
    await journal.done(first.id);
    await journal.close();
    const again = await Journal.open(folder);
    expect(again.pending().map((one) => one.intent.name)).toEqual(["key/2"]);
    await again.close();
  });

  it("names what waits for one entry, also after a restart", async () => {
    const journal = await Journal.open(folder);
    const first = await journal.add(intent(1), { signed: signed(1), value: undefined });
    await journal.add(intent(2), { signed: signed(2), value: undefined });
    await journal.add(intent(1), { signed: signed(3), value: undefined });
    await journal.done(first.id);
    await journal.close();
    const again = await Journal.open(folder);
    const { namespace, name } = intent(1);
    expect(again.waitingFor(namespace, name).map((one) => one.signed)).toEqual([signed(3)]);
    for (const { id } of again.waitingFor(namespace, name)) await again.done(id);
    expect(again.isWaiting(namespace, name)).toBe(false);
    expect(again.isWaiting(namespace, intent(2).name)).toBe(true);
    await again.close();
  });

  it("keeps unsigned bytes, and the signature that came later", async () => {
    const journal = await Journal.open(folder);
    const value = Uint8Array.of(1, 2, 3);
    const one = await journal.add(intent(1), { signed: undefined, value });
    await journal.resign(one.id, signed(9), 4);
    await journal.close();
    const again = await Journal.open(folder);
    expect(again.pending()[0]).toMatchObject({ value, signed: signed(9), intent: { succeeds: 4 } });
    await again.close();
  });

  it("keeps a large value in a file until nobody needs it, and removes strays", async () => {
    const large = intent(1, 100_000);
    const journal = await Journal.open(folder);
    await journal.keepValue(large.digest, new Uint8Array(100_000));
    const one = await journal.add(large, { signed: undefined, value: undefined });
    writeFileSync(journal.spoolPath(), "cut off by a crash");
    await journal.close();
    const again = await Journal.open(folder);
    expect(readdirSync(join(folder, "values"))).toHaveLength(1);
    expect(again.bytes).toBe(100_000);
    await again.done(one.id);
    expect(readdirSync(join(folder, "values"))).toHaveLength(0);
    await again.close();
  });

  it("says when it is full, by count and by bytes", async () => {
    const journal = await Journal.open(folder, { countMax: 2, bytesMax: 150, valueBytesMax: 1000 });
    expect(journal.isFull(151, false)).toBe(true);
    expect(journal.isFull(1001, true)).toBe(true);
    await journal.add(intent(1), { signed: signed(1), value: undefined });
    expect(journal.isFull(60, false)).toBe(true);
    expect(journal.isFull(40, false)).toBe(false);
    await journal.add(intent(2), { signed: undefined, value: undefined });
    expect(journal.isFull(0, false)).toBe(true);
    await journal.close();
  });

  it("cuts off a torn end", async () => {
    await fill(2);
    const whole = readFileSync(segmentPath());
    appendFileSync(segmentPath(), whole.subarray(0, 70));
    const journal = await Journal.open(folder);
    expect(journal.depth).toBe(2);
    expect(journal.corrupt).toBe(0);
    await journal.close();
  });

  it("skips a record with a flipped bit, counts it, and keeps the others", async () => {
    await fill(3);
    const bytes = readFileSync(segmentPath());
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(segmentPath(), bytes);
    const journal = await Journal.open(folder);
    expect(journal.corrupt).toBe(1);
    expect(journal.pending().map((one) => one.intent.name)).toEqual(["key/1", "key/3"]);
    await journal.close();
  });

  it("reads any bytes without a crash", () => {
    const record = encodeRecord({
      type: "add",
      id: 1,
      intent: intent(1),
      signed: signed(1),
      value: undefined,
    });
    fc.assert(
      fc.property(fc.nat(record.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = record.slice();
        changed[at] = changed[at]! ^ flip;
        expect(decodeRecord(changed, 0)?.record).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeRecord(bytes, 0)?.record).toBeUndefined();
      }),
    );
  });
});
