import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import { utf8 } from "../../base/bytes.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import { sha256 } from "../../consensus/replica/testing/table-crypto.ts";
import { putOf } from "../../consensus/replica/testing/test-writer.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { AWAITED_BYTES_PER_WRITER_MAX } from "../limits.ts";
import { Tally } from "../metrics/tally.ts";
import type { BlobStore } from "./blob-store.ts";
import { ValueDesk } from "./value-desk.ts";

const writer = sha256(utf8("a writer"));

/** What the desk looks at of a write set that was verified elsewhere. */
function setOf(name: string, writes: readonly Write[]): CheckedWriteSet {
  const header = { writer, notAfter: hlcFromMs(1_000) };
  return { digest: sha256(utf8(name)), header, writes } as unknown as CheckedWriteSet;
}

function emptyDesk(): ValueDesk {
  return new ValueDesk({
    blobs: { sizeOf: () => undefined } as unknown as BlobStore,
    drops: new Tally(),
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
