import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryRowStore } from "../../consensus/map/memory-row-store.ts";
import { describeRowStore } from "./row-store.case.ts";
import { Store } from "./store.ts";

describeRowStore("in memory", async () => ({
  store: new MemoryRowStore(),
  settle: async () => {},
  close: async () => {},
}));

describeRowStore("over LMDB", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-rows-"));
  const store = await Store.open(join(folder, "store"), {
    onDamage: (damage) => {
      throw new Error(`damage: ${damage.what}`);
    },
  });
  return {
    store: store.rows,
    settle: () => store.flush(),
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
