import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeOutput } from "./testing/describe-output.ts";
import { sha256 } from "./testing/table-crypto.ts";
import { TestCluster } from "./testing/test-cluster.ts";

/**
 * Scenarios as text: commands, `----`, and everything that came of them. Read them to learn the
 * protocol. `UPDATE=1` writes the outputs anew; commit the difference only if you
 * understand it.
 */
const folder = join(dirname(fileURLToPath(import.meta.url)), "testdata");
const REWRITE = process.env["UPDATE"] === "1";

class Scenario {
  #cluster = new TestCluster({});
  readonly #shown: number[] = [];
  #deaf: { readonly from?: number; readonly to?: number }[] = [];

  run(line: string): string[] {
    const [command = "", ...words] = line.split(" ");
    const options = new Map(words.map((word) => word.split("=") as [string, string]));
    const number = (name: string): number => Number(options.get(name));
    switch (command) {
      case "cluster":
        this.#cluster = new TestCluster({
          memberCount: number("members"),
          timing: options.has("interval") ? { checkpointInterval: number("interval") } : {},
        });
        return [];
      case "equivocate":
        // To every odd replica it speaks of other batches than to the even ones.
        this.#cluster.host(number("replica")).forger = (to, votes) =>
          to % 2 === 0 ? votes : votes.map((vote) => ({ ...vote, digest: sha256(vote.digest) }));
        return [];
      case "two-faced":
        // Everybody hears both.
        this.#cluster.host(number("replica")).forger = (_to, votes) =>
          votes.flatMap((vote) => [vote, { ...vote, digest: sha256(vote.digest) }]);
        return [];
      case "lose-promises":
        this.#cluster.host(number("replica")).promises = "missing";
        return [];
      case "put": {
        const inline = options.get("bytes") !== "uploaded";
        const { bytes } = this.#cluster.writers[0]!.put(options.get("value") ?? "", { inline });
        const at = (options.get("at") ?? "").split(",").map(Number);
        for (const index of at) this.#cluster.host(index).submit(bytes);
        return this.#outputs();
      }
      case "run":
        this.#cluster.run(number("ms"));
        return this.#outputs();
      case "quiet-run":
        this.#cluster.run(number("ms"));
        this.#outputs();
        return [];
      case "crash":
        this.#cluster.host(number("replica")).crash();
        return [];
      case "boot":
        this.#cluster.host(number("replica")).boot();
        return this.#outputs();
      case "drop":
        this.#deaf.push({
          ...(options.has("from") ? { from: number("from") } : {}),
          ...(options.has("to") ? { to: number("to") } : {}),
        });
        return this.#setPasses();
      case "heal":
        this.#deaf = [];
        return this.#setPasses();
      case "status":
        return this.#cluster.hosts.map((host) => {
          const { view, active, sequence, certified, pendingCount } = host.replica.status;
          const state = host.isUp ? (active ? "active" : "waiting") : "down";
          return `${host.index}: view ${view} ${state}, executed ${sequence}, certified ${certified}, pending ${pendingCount}`;
        });
      default:
        throw new Error(`unknown command: ${line}`);
    }
  }

  #setPasses(): string[] {
    this.#cluster.passes = (frame) =>
      !this.#deaf.some(
        ({ from = frame.from, to = frame.to }) => from === frame.from && to === frame.to,
      );
    return [];
  }

  #outputs(): string[] {
    return this.#cluster.hosts.flatMap((host) => {
      const fresh = host.outputs.slice(this.#shown[host.index] ?? 0);
      this.#shown[host.index] = host.outputs.length;
      return fresh.flatMap((output) => {
        const line = describeOutput(output);
        return line === undefined ? [] : [`${host.index}: ${line}`];
      });
    });
  }
}

/** Blocks are separated by blank lines; `#` begins a comment that belongs to its block. */
function replay(text: string): string {
  const scenario = new Scenario();
  const blocks = text
    .trimEnd()
    .split("\n\n")
    .map((block) => {
      const [head = ""] = block.split("\n----");
      const commands = head.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const lines = commands.flatMap((line) => scenario.run(line));
      if (commands.length === 0) return head;
      return `${head}\n----\n${lines.length === 0 ? "ok" : lines.join("\n")}`;
    });
  return `${blocks.join("\n\n")}\n`;
}

describe("scenarios", () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith(".txt")))("%s", (name) => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const actual = replay(text);
    if (REWRITE) writeFileSync(path, actual);
    else expect(actual).toBe(text);
  });
});
