import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { changesOf, keyOf, rowOf } from "./row-store.case.ts";
import { Store } from "./store.ts";

const testdata = join(dirname(fileURLToPath(import.meta.url)), "testdata");
const digestOf = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

describe("a store that an earlier version wrote", () => {
  it("in format 1 opens with all its rows and values, and goes on", async () => {
    const parent = mkdtempSync(join(tmpdir(), "quorate-old-"));
    try {
      cpSync(join(testdata, "format-1"), join(parent, "store"), { recursive: true });
      const onDamage = (damage: { what: string }): never => {
        throw new Error(damage.what);
      };
      const store = await Store.open(join(parent, "store"), { onDamage });
      expect(store.flushed).toEqual({
        sequence: 128,
        stateRoot: new Uint8Array(32).fill(128),
        agreedTime: 128n,
      });
      for (let at = 0; at < 20; at++) {
        expect(store.rows.get(keyOf(at))).toEqual(rowOf(`row ${at} of format 1`));
      }
      const small = utf8("a small value of format 1");
      expect(store.values.small(digestOf(small))).toEqual(small);
      const large = utf8("a large value of format 1, as a file of its own");
      expect(await store.values.get(digestOf(large))).toEqual(large);
      store.rows.apply(changesOf(129, []));
      await store.flush();
      expect(store.flushedSequence).toBe(129);
      await store.close();
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});
