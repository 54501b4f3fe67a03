import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../../base/assert.ts";
import { readDatabase } from "../../../proof/metamath/database.ts";
import { DATABASE_BUDGET } from "../../../proof/metamath/metamath-1.ts";
import { DatabasePages } from "./database-pages.ts";
import type { DatabasePage } from "./database-pages.ts";
import type { PagesWord } from "./read-pages.ts";
import { PAGES_AT_ONCE } from "./read-pages.ts";

const port = parentPort;
invariant(port !== null, "this file runs on a thread of its own");

function say(word: PagesWord): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port?.postMessage(word);
}

const source = workerData as Uint8Array;
let refusedCount = 0;
const { result } = readDatabase(source, DATABASE_BUDGET, {
  onRefused: ({ label, refused }) => {
    if (refusedCount++ === 0) say({ type: "refused", refused, label });
  },
  onProgress: (bytes) => say({ type: "checked", bytes }),
});
if (result.status !== "accept") say({ type: "refused", refused: result, label: undefined });
else if (refusedCount === 0) begin(new DatabasePages(result.value));

/** So many at a time, when they are asked for: the reader may be slower by far. */
function begin(pages: DatabasePages): void {
  const iterator = pages[Symbol.iterator]();
  port?.on("message", () => {
    const some: DatabasePage[] = [];
    let isLast = false;
    while (some.length < PAGES_AT_ONCE && !isLast) {
      const next = iterator.next();
      if (next.done === true) isLast = true;
      else some.push(next.value);
    }
    say({ type: "pages", pages: some, isLast });
    if (isLast) port?.close();
  });
  let count = 0;
  for (const _ of result.status === "accept" ? result.value.assertions() : []) count++;
  say({ type: "accepted", count });
}
