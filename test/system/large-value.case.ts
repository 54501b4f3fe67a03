import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCluster, QUORATE } from "../../bench/harness/local-cluster.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";

/** For a machine that does something else beside; nothing is concluded from it. */
const TIME_MS_MAX = 600_000;
const CHUNK = 1024 * 1024;
const PATH = "/cache/default/large";

/** Peak resident memory of a gateway: Node itself takes up to half of it. */
const RESIDENT_BYTES_MAX = 256 * 1024 * 1024;

interface Gateway {
  readonly child: ChildProcess;
  readonly url: string;
}

/**
 * One value through a gateway into the cluster and out of it by another gateway, while neither
 * process ever holds more than a fraction of it.
 */
export function describeLargeValue(size: number): void {
  describe(`a value of ${size / 2 ** 20} MiB`, () => {
    let cluster: LocalCluster;
    const gateways: Gateway[] = [];

    beforeAll(async () => {
      cluster = await LocalCluster.start();
    });
    afterAll(async () => {
      for (const { child } of gateways) {
        child.kill("SIGTERM");
        if (child.exitCode === null) await once(child, "exit");
      }
      await cluster?.stop();
    });

    async function open(name: string, ...more: readonly string[]): Promise<Gateway> {
      const cache = join(cluster.folder, name);
      const args = ["gateway", "--cluster", cluster.clusterFile, "--cache", cache, "--port", "0"];
      const child = spawn(process.execPath, [QUORATE, ...args, "--json", ...more], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let url = "";
      for await (const line of createInterface({ input: child.stdout })) {
        ({ url } = JSON.parse(line) as { url: string });
        break;
      }
      const gateway = { child, url };
      gateways.push(gateway);
      await eventually(async () => (await fetch(`${url}/readyz`)).ok);
      return gateway;
    }

    it(
      "is put, certified, and read by a second gateway with an empty cache, in bounded memory",
      { timeout: TIME_MS_MAX },
      async () => {
        const writer = await open("writing", "--key", join(cluster.folder, "writer", "key.json"));
        const sent = createHash("sha256");
        const put = await call(
          writer,
          "PUT",
          Readable.from(chunks(size, (chunk) => sent.update(chunk))),
          size,
        );
        expect(put.headers["x-quorate-put"]).toBe("stored");
        const published = 'quorate_gateway_publications_total{outcome="published"}';
        // As long as it takes: the test's own time is the limit.
        while ((await metric(writer.url, published)) === 0) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }

        const reader = await open("reading");
        let got = await call(reader, "GET");
        // A tool is not kept waiting by a machine that is busy: it hears of a miss, and asks again.
        while (got.statusCode === 404) {
          got.resume();
          got = await call(reader, "GET");
        }
        expect(got.headers["x-quorate-certainty"]).toBe("certified");
        expect(got.headers["x-quorate-level"]).toBe("cluster");
        expect(got.headers["content-length"]).toBe(String(size));
        const received = createHash("sha256");
        let count = 0;
        for await (const chunk of got) {
          received.update(chunk as Buffer);
          count += (chunk as Buffer).length;
        }
        expect(count).toBe(size);
        expect(received.digest("hex")).toBe(sent.digest("hex"));

        for (const { child } of [writer, reader]) {
          expect(peakBytes(child)).toBeLessThan(RESIDENT_BYTES_MAX);
        }
      },
    );
  });
}

/** Bytes that no two chunks share, made as they are wanted. */
function* chunks(size: number, seen: (chunk: Buffer) => void): Generator<Buffer> {
  for (let at = 0; at < size; at += CHUNK) {
    const chunk = Buffer.alloc(CHUNK, `chunk ${at} `);
    seen(chunk);
    yield chunk;
  }
}

async function call(
  { url }: Gateway,
  method: "GET" | "PUT",
  body?: Readable,
  size = 0,
): Promise<IncomingMessage> {
  const headers = body === undefined ? {} : { "Content-Length": size };
  const asking = request(`${url}${PATH}`, { method, headers });
  const answered = once(asking, "response") as Promise<[IncomingMessage]>;
  if (body === undefined) asking.end();
  else await pipeline(body, asking);
  const [response] = await answered;
  if (method === "PUT") response.resume();
  return response;
}

/** The kernel's own high-water mark of a process that still runs. */
function peakBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
