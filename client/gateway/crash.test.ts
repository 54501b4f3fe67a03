import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, openDoor } from "./testing/door-world.ts";
import { Journal } from "./journal/journal.ts";
import { rawRequest } from "./testing/raw-request.ts";
import { ScriptedCluster } from "./testing/scripted-cluster.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("a gateway killed by SIGKILL while tools write", () => {
  let built: string;

  /** The child is plain Node, which needs the compiler's output. */
  beforeAll(() => {
    built = mkdtempSync(join(tmpdir(), "quorate-built-"));
    const config = join(built, "tsconfig.json");
    const options = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        rewriteRelativeImportExtensions: true,
        outDir: join(built, "out"),
        rootDir: ROOT,
        typeRoots: [join(ROOT, "node_modules/@types")],
      },
      include: [join(ROOT, "client/gateway"), join(ROOT, "consensus/wire/*")],
      exclude: [],
    };
    writeFileSync(config, JSON.stringify(options));
    spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", config]);
    spawnSync("cp", [join(ROOT, "consensus/wire/messages.js"), join(built, "out/consensus/wire/")]);
    writeFileSync(join(built, "out/package.json"), '{"type":"module"}');
    symlinkSync(join(ROOT, "node_modules"), join(built, "node_modules"));
  });

  afterAll(() => rmSync(built, { recursive: true, force: true }));

  async function start(folder: string): Promise<{ child: ChildProcess; url: string }> {
    const script = join(built, "out/client/gateway/testing/crash-gateway.js");
    const child = spawn(process.execPath, [script, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      return { child, url: `http://127.0.0.1:${line}` };
    }
    throw new Error("the gateway did not start");
  }

  it("loses nothing that a tool was told is stored, and publishes it after", async () => {
    const folder = mkdtempSync(join(built, "home-"));
    const { child, url } = await start(folder);
    const acknowledged = new Map<string, Buffer>();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; ; index++) {
        const name = `key/${writer}/${index}`;
        const size = index % 5 === 4 ? 200_000 : 100 + index;
        const body = Buffer.alloc(size, `${name} `);
        const answer = await rawRequest(url, `/cache/tests/${name}`, { method: "PUT", body });
        if (answer.status !== 201) return;
        acknowledged.set(name, body);
        if (acknowledged.size === 120) child.kill("SIGKILL");
      }
    });
    await Promise.allSettled(writers);
    await ended;

    const journal = await Journal.open(join(folder, "journal"));
    expect(acknowledged.size).toBeGreaterThanOrEqual(120);
    const kept = new Map(journal.pending().map((one) => [one.intent.name, one]));
    for (const name of acknowledged.keys()) expect(kept.has(name)).toBe(true);
    await journal.close();

    const cluster = new ScriptedCluster();
    cluster.writes = "lapsed";
    const gateway = await openDoor(folder, cluster);
    try {
      await eventually(() => cluster.submitted.length >= kept.size);
      for (const [name, body] of [...acknowledged].slice(0, 20)) {
        const answer = await rawRequest(gateway.url, `/cache/tests/${name}`);
        if (answer.status === 200) expect(answer.body.equals(body)).toBe(true);
      }
      const sent = new Set(cluster.submitted.map((set) => Buffer.from(set.digest).toString("hex")));
      for (const one of kept.values()) {
        if (one.signed === undefined) continue;
        expect(sent).toContain(Buffer.from(one.signed.digest).toString("hex"));
      }
    } finally {
      await gateway.close();
    }
  });
});
