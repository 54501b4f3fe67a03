import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../../base/assert.ts";
import { DatabasePages } from "./database-pages.ts";
import { DatabaseRefused, acceptedDatabase, inGroups } from "./read-pages.ts";
import type { PagesWord } from "./read-pages.ts";

const port = parentPort;
invariant(port !== null, "this file runs on a thread of its own");

function say(word: PagesWord): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port?.postMessage(word);
}

/** So many at a time, when they are asked for: the reader may be slower by far. */
function begin(): void {
  const database = acceptedDatabase(workerData as Uint8Array, (bytes) =>
    say({ type: "checked", bytes }),
  );
  const groups = inGroups(new DatabasePages(database));
  port?.on("message", () => {
    const group = groups.next();
    say({
      type: "pages",
      pages: group.done === true ? [] : group.value,
      isLast: group.done === true,
    });
  });
  say({ type: "accepted", count: [...database.assertions()].length });
}

try {
  begin();
} catch (error) {
  if (!(error instanceof DatabaseRefused)) throw error;
  say({ type: "refused", refused: error.refused, label: error.label });
}
