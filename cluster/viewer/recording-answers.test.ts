import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { generatedEvents, generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { StaticSite } from "./static-site.ts";
import { ViewerServer } from "./viewer-server.ts";

const OPTIONS: TapeOptions = {
  ...{ memberCount: 4, clientCount: 2, instanceCount: 300, seed: 5 },
  troubles: [{ at: 100, what: "kill-primary" }],
};
const bytes = Buffer.concat([...generatedRecording(OPTIONS)]);
const eventCount = [...generatedEvents(OPTIONS)].length;

const folder = mkdtempSync(join(tmpdir(), "quorate-recording-"));
let server: ViewerServer;
let address: string;

async function serve(content: Buffer): Promise<void> {
  const file = join(folder, "a run.qjournal");
  writeFileSync(file, content);
  const site = new StaticSite();
  server = new ViewerServer({ host: "127.0.0.1", port: 0, file, token: "t" }, site, undefined);
  address = (await server.listen()).split("?")[0] as string;
}

beforeAll(() => serve(bytes));
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function ask(what: string, headers: Record<string, string> = {}): Promise<Response> {
  const [path, search = ""] = what.split("?");
  const name = `${address}${path}/a%20run.qjournal`;
  return fetch(`${name}?token=t&${search}`, { headers: { connection: "close", ...headers } });
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

it("serves all of a recording, and spans of it", async () => {
  const whole = await ask("recording");
  expect(whole.status).toBe(200);
  expect((await bytesOf(whole)).equals(bytes)).toBe(true);
  const part = await ask("recording", { range: "bytes=1000-2999" });
  expect(part.status).toBe(206);
  expect(part.headers.get("content-range")).toBe(`bytes 1000-2999/${bytes.length}`);
  expect((await bytesOf(part)).equals(bytes.subarray(1000, 3000))).toBe(true);
  const end = await ask("recording", { range: `bytes=${bytes.length - 5}-${bytes.length + 9}` });
  expect((await bytesOf(end)).equals(bytes.subarray(-5))).toBe(true);
});

it("serves the last bytes, and those from one on", async () => {
  for (const range of ["bytes=-5", `bytes=${bytes.length - 5}-`]) {
    const end = await ask("recording", { range });
    expect(end.status).toBe(206);
    expect((await bytesOf(end)).equals(bytes.subarray(-5))).toBe(true);
  }
});

it.each(["bytes=-0", `bytes=${bytes.length}-${bytes.length + 1}`])(
  "has no bytes at %s",
  async (range) => {
    const response = await ask("recording", { range });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${bytes.length}`);
    await response.arrayBuffer();
  },
);

// What is no range (RFC 9110 §14.1.1), and what nobody needs, is answered with the whole.
it.each(["bytes=9-3", "bytes=1-2,5-6", "lines=1-2"])(
  "gives all for the range %s",
  async (range) => {
    const response = await ask("recording", { range });
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).length).toBe(bytes.length);
  },
);

it("tells where its blocks are", async () => {
  const answer = (await (await ask("recording-index")).json()) as {
    readonly size: number;
    readonly headerSize: number;
    readonly blocks: readonly (readonly number[])[];
  };
  expect(answer.size).toBe(bytes.length);
  expect(answer.blocks[0]?.[0]).toBe(answer.headerSize);
  expect(answer.blocks.reduce((sum, block) => sum + (block[2] ?? 0), 0)).toBe(eventCount);
});

it("thins it, and keeps the kinds that are named", async () => {
  const response = await ask("recording-thin?level=4&always=crash,restart,no-kind");
  const reader = new JournalReader();
  const blocks = reader.push(new Uint8Array(await bytesOf(response)));
  const events = blocks.flatMap((block) => [...block.events()]);
  expect(events.length).toBeGreaterThan(eventCount / 40);
  expect(events.length).toBeLessThan(eventCount / 8);
  expect(events.filter(({ kind }) => kind === "crash").length).toBe(1);
  for (const level of ["-1", "31", "1.5", "x"]) {
    expect((await ask(`recording-thin?level=${level}`)).status).toBe(400);
  }
  expect((await ask("recording-thin")).status).toBe(400);
});

it("shows nothing of it to who does not show the token", async () => {
  for (const path of ["recording", "recording-index", "recording-thin"]) {
    const response = await fetch(`${address}${path}/a%20run.qjournal?level=1`);
    expect(response.status).toBe(404);
    await response.arrayBuffer();
  }
});

it("has no index of what has gaps", async () => {
  await server.close();
  await serve(Buffer.concat([bytes, Buffer.alloc(99, 7)]));
  const answer: unknown = await (await ask("recording-index")).json();
  expect(answer).toEqual({ size: bytes.length + 99 });
});
