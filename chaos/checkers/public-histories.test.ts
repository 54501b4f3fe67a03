import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkHistory } from "./check-history.ts";
import { parseHistory } from "./formats/parse-history.ts";

/** The exam: 108 histories of others with known verdicts (102 of etcd, 6 of a key-value store). */
const folder = fileURLToPath(new URL("../../../shared/data/linearizability/", import.meta.url));
const present = existsSync(folder);
const title = present
  ? "public histories"
  : "public histories skipped: ../shared/data/linearizability: put the public test data beside the checkout";

/** All other histories of etcd are not linearizable. In 95 the cluster did not start: it is empty. */
const LINEARIZABLE_ETCD: ReadonlySet<number> = new Set([
  ...[2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101, 102],
]);

function expectedOf(name: string): string {
  const number = /etcd_(\d+)/.exec(name)?.[1];
  const good = number === undefined ? name.includes("-ok") : LINEARIZABLE_ETCD.has(Number(number));
  return good ? "linearizable" : "not linearizable";
}

describe.skipIf(!present)(title, () => {
  const files = !present
    ? []
    : ["jepsen", "kv"].flatMap((part) =>
        readdirSync(`${folder}${part}`).map((name) => `${part}/${name}`),
      );
  const histories = files
    .map((name) => ({ name, text: present ? readFileSync(`${folder}${name}`, "utf8") : "" }))
    .filter(({ text }) => text !== "");

  it("are 108", () => {
    expect(histories).toHaveLength(108);
  });

  it.each(histories)("$name", ({ name, text }) => {
    expect(checkHistory(parseHistory(text)).verdict).toBe(expectedOf(name));
  });
});
