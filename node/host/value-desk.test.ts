import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import { utf8 } from "../../base/bytes.ts";
import type { PublicKey } from "../../base/types.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import { sha256 } from "../../consensus/replica/testing/table-crypto.ts";
import { putOf } from "../../consensus/replica/testing/test-writer.ts";
import type { SessionCounter } from "../../consensus/wire/rows.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { OUTCOME_ACCEPTED, OUTCOME_NOT_ALLOWED } from "../../consensus/execution/outcomes.ts";
import {
  AWAITED_BYTES_PER_WRITER_MAX,
  UNSETTLED_BYTES_PER_WRITER_MAX,
  UNSETTLED_MS_MAX,
} from "../limits.ts";
import { Tally } from "../metrics/tally.ts";
import type { BlobStore } from "./blob-store.ts";
import { startSemanticDigest } from "./semantic-digests.ts";
import { ValueDesk } from "./value-desk.ts";

const writer = sha256(utf8("a writer"));

/** What the desk looks at of a write set that was verified elsewhere. */
function setOf(name: string, writes: readonly Write[]): CheckedWriteSet {
  const header = { writer, notAfter: hlcFromMs(1_000) };
  return { digest: sha256(utf8(name)), header, writes } as unknown as CheckedWriteSet;
}

let nowMs = 0;

function emptyDesk(): ValueDesk {
  return new ValueDesk({
    blobs: { sizeOf: () => undefined } as unknown as BlobStore,
    drops: new Tally(),
    monotonicMs: () => nowMs,
    startDigest: startSemanticDigest,
    onAvailable: () => undefined,
    onLying: () => undefined,
  });
}

describe("what one writer may have under way", () => {
  const value = putOf("name", utf8("value"), false);

  it("counts a value once, however many writes name it", () => {
    const size = AWAITED_BYTES_PER_WRITER_MAX;
    const twice = setOf("twice", [
      { ...value, size },
      { ...value, name: "other", size },
    ]);
    expect(emptyDesk().open(twice)).toEqual([value.valueDigest]);
  });

  it("counts the largest size claimed for it, which is what may be uploaded", () => {
    const desk = emptyDesk();
    const size = AWAITED_BYTES_PER_WRITER_MAX + 1;
    expect(
      desk.open(
        setOf("sly", [
          { ...value, size: 1 },
          { ...value, size },
        ]),
      ),
    ).toBeUndefined();
    expect(desk.wantedSize(value.valueDigest!)).toBeUndefined();
  });

  it("is free again when the set is closed", () => {
    const desk = emptyDesk();
    const size = AWAITED_BYTES_PER_WRITER_MAX;
    const first = setOf("first", [{ ...value, size }]);
    const second = setOf("second", [{ ...value, size: 1 }]);
    expect(desk.open(first)).toHaveLength(1);
    expect(desk.open(second)).toBeUndefined();
    desk.close(first.digest);
    expect(desk.open(second)).toHaveLength(1);
  });
});

describe("bytes that were uploaded and that no row names", () => {
  const value = putOf("name", utf8("value"), false);
  const size = AWAITED_BYTES_PER_WRITER_MAX;
  const fillsIn = UNSETTLED_BYTES_PER_WRITER_MAX / size;

  /** Sets whose one value arrives and is not what they say: each is gone, its bytes are not. */
  function lieUntilRefused(desk: ValueDesk): readonly CheckedWriteSet[] {
    const sets: CheckedWriteSet[] = [];
    for (;;) {
      const set = setOf(`lie ${sets.length}`, [{ ...value, size }]);
      if (desk.open(set) === undefined) return sets;
      sets.push(set);
      desk.arrived(value.valueDigest!, size, desk.digestersFor(value.valueDigest!));
      expect(desk.count).toBe(0);
      expect(sets.length).toBeLessThan(99);
    }
  }

  it("stay on their writer's account, and only on its", () => {
    const desk = emptyDesk();
    expect(lieUntilRefused(desk)).toHaveLength(fillsIn);
    const other = setOf("another's", [{ ...value, size }]);
    const another = sha256(utf8("another writer")) as unknown as PublicKey;
    const header = { ...other.header, writer: another };
    expect(desk.open({ ...other, header })).toHaveLength(1);
  });

  it("until the store has let go of them", () => {
    const desk = emptyDesk();
    lieUntilRefused(desk);
    nowMs += UNSETTLED_MS_MAX + 1;
    desk.sweep(hlcFromMs(0));
    expect(desk.open(setOf("later", [{ ...value, size }]))).toHaveLength(1);
  });

  it("or until an execution has named them, which a refusal does not", () => {
    const desk = emptyDesk();
    const [set] = lieUntilRefused(desk);
    const executed = (code: number): void => {
      const result = { outcomes: [{ index: 0, code }] } as unknown as SessionCounter;
      desk.executed({ writeSet: set!, result, code: 0 });
    };
    executed(OUTCOME_NOT_ALLOWED);
    expect(desk.open(setOf("next", [{ ...value, size }]))).toBeUndefined();
    executed(OUTCOME_ACCEPTED);
    expect(desk.open(setOf("next", [{ ...value, size }]))).toHaveLength(1);
  });
});

describe("a write set that is sent again", () => {
  const value = putOf("name", utf8("value"), false);
  const set = setOf("again", [value]);

  /** What was read anew, and what was said of the set. */
  function desk() {
    const seen = { digested: 0, available: 0 };
    const here = new Set<string>();
    const blobs = {
      sizeOf: () => (here.size > 0 ? value.size : undefined),
      async *stream() {
        seen.digested++;
        yield await Promise.resolve(utf8("value"));
      },
    } as unknown as BlobStore;
    const one = new ValueDesk({
      ...{ blobs, drops: new Tally(), monotonicMs: () => nowMs },
      startDigest: startSemanticDigest,
      onAvailable: () => void seen.available++,
      onLying: () => undefined,
    });
    const upload = (): void => {
      const digesters = one.digestersFor(value.valueDigest!);
      for (const digester of digesters.values()) digester.update(utf8("value"));
      here.add("value");
      one.arrived(value.valueDigest!, value.size, digesters);
    };
    return { one, seen, here, upload };
  }

  it("before it is executed is available at once, as long as its values are here", () => {
    const { one, seen, here, upload } = desk();
    expect(one.open(set)).toEqual([value.valueDigest]);
    upload();
    expect(one.open(set)).toEqual([]);
    expect(seen).toEqual({ digested: 0, available: 2 });
    here.clear();
    expect(one.open(set)).toEqual([value.valueDigest]);
    expect(seen.available).toBe(2);
  });

  it("after it was given up, or its end, is judged anew", async () => {
    for (const forget of [
      (one: ValueDesk) => one.close(set.digest),
      (one: ValueDesk) => one.sweep(hlcFromMs(1_001)),
    ]) {
      const { one, seen, upload } = desk();
      one.open(set);
      upload();
      forget(one);
      one.open(set);
      await expect.poll(() => seen.available, { timeout: 30_000 }).toBe(2);
      expect(seen.digested).toBe(1);
    }
  });
});
