import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { Store } from "../store/store.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { StoreBlobs } from "./store-blobs.ts";

it("a value that proves damaged as it is read breaks off: it does not end as if it were whole", async () => {
  const folder = temporaryFolder();
  const damages: string[] = [];
  const store = await Store.open(folder, {
    freeBytesMin: 0,
    onDamage: ({ what }) => damages.push(what),
  });
  onTestFinished(() => store.close());
  const blobs = new StoreBlobs(store.values);
  const value = utf8("a value of some length");
  const digest = nodeCrypto.hash(value);
  await store.values.putSmall(digest, value);
  const path = join(folder, "values", "segment-00000001");
  const segment = readFileSync(path);
  const at = segment.indexOf(value);
  segment[at] = (segment[at] ?? 0) ^ 1;
  writeFileSync(path, segment);
  const range = { start: 0, end: value.length - 1 };
  const reading = (async () => {
    for await (const piece of blobs.stream(digest, range)) expect(piece).toBeUndefined();
  })();
  await expect(reading).rejects.toMatchObject({ code: "VALUE_DAMAGED" });
  expect(damages).toEqual(["value"]);
  expect(blobs.sizeOf(digest)).toBeUndefined();
});
