import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { expect, it, onTestFinished } from "vitest";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { generatedEvents, generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { LiveHub } from "./live-hub.ts";
import { StaticSite } from "./static-site.ts";
import { ViewerServer } from "./viewer-server.ts";

const OPTIONS = { memberCount: 4, clientCount: 2, instanceCount: 4000, seed: 2 };

function newHub(): LiveHub {
  return new LiveHub(encodeRecordingHeader(generatedHeader(OPTIONS)));
}

async function serve(hub: LiveHub, options: { token?: string } = {}): Promise<string> {
  const server = new ViewerServer(
    { host: "127.0.0.1", port: 0, ...options },
    new StaticSite(),
    hub,
  );
  const url = await server.listen();
  onTestFinished(() => server.close());
  return url.replace("http:", "ws:").replace(/\/\?.*/, "/live");
}

interface Watcher {
  readonly socket: WebSocket;
  readonly reader: JournalReader;
  readonly notes: string[];
  events: number;
}

function watch(url: string, headers: Record<string, string> = {}): Watcher {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  const watcher: Watcher = { socket, reader: new JournalReader(), notes: [], events: 0 };
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) watcher.notes.push(data.toString());
    else
      for (const block of watcher.reader.push(new Uint8Array(data)))
        watcher.events += block.eventCount;
  });
  socket.on("error", () => undefined);
  onTestFinished(() => socket.terminate());
  return watcher;
}

const events = generatedEvents(OPTIONS);
function block(count: number): Uint8Array {
  const writer = new JournalWriter();
  for (let index = 0; index < count; index++) writer.add(events.next().value as never);
  return writer.flush()!.slice();
}

it("hands a page the past, and then what happens", async () => {
  const hub = newHub();
  const url = await serve(hub);
  hub.publish(block(100), 100);
  const page = watch(url);
  await eventually(() => page.events === 100);
  expect(page.reader.header?.title).toBe("generated from seed 2");
  hub.publish(block(50), 50);
  await eventually(() => page.events === 150);
  hub.tell([{ name: "replica-0", address: "a:1", state: "unreachable" }]);
  await eventually(() => page.notes.some((note) => note.includes("unreachable")));
});

it("leaves blocks out for a page that does not read, tells it so, and holds up nobody else", async () => {
  const hub = newHub();
  const url = await serve(hub);
  const [slow, quick] = [watch(url), watch(url)];
  await eventually(() => quick.notes.length > 0 && slow.notes.length > 0);
  slow.socket.pause();
  const large = block(5000);
  let published = 0;
  // Far more than the queue and the system's own buffers hold.
  for (let round = 0; round < 400; round++) {
    hub.publish(large, 5000);
    published += 5000;
    await eventually(() => quick.events === published);
  }
  slow.socket.resume();
  await eventually(() => {
    hub.publish(large, 5000);
    return slow.notes.some((note) => note.includes("droppedEventCount"));
  });
  expect(slow.events).toBeLessThan(published);
}, 120_000);

it("is watched by its own page alone: no page of another site, no wrong token", async () => {
  const hub = newHub();
  const url = await serve(hub, { token: "secret" });
  const refusals = [
    watch(url),
    watch(`${url}?token=wrong`),
    watch(`${url}?token=secret`, { origin: "http://evil.example" }),
    watch(`${url.replace("/live", "/other")}?token=secret`),
  ];
  for (const { socket } of refusals) {
    const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
    expect(error.message).toContain("403");
  }
  const own = watch(`${url}?token=secret`, { origin: new URL(url.replace("ws:", "http:")).origin });
  await eventually(() => own.reader.header !== undefined);
});

it("says how many watch, so that nothing is collected for nobody", async () => {
  const hub = newHub();
  const counts: number[] = [];
  hub.onWatchers = (count) => counts.push(count);
  const page = watch(await serve(hub));
  await eventually(() => page.reader.header !== undefined);
  page.socket.close();
  await eventually(() => counts.length === 2);
  expect(counts).toEqual([1, 0]);
});

it("serves the page under a policy that runs nothing else, and no file beside it", async () => {
  const url = (await serve(newHub())).replace("ws:", "http:").replace("/live", "");
  const page = await fetch(`${url}/`);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain("Quorate viewer");
  for (const path of ["/../package.json", "/%2e%2e/package.json", "/recording/x", "/.built"]) {
    expect((await fetch(url + path)).status).toBe(404);
  }
  expect((await fetch(`${url}/`, { method: "POST" })).status).toBe(405);
});

it("gives no entry to whom the token is not known, and none where no cluster is", async () => {
  const url = (await serve(newHub(), { token: "secret" })).replace("ws:", "http:");
  const ask = async (search: string): Promise<unknown> => {
    const response = await fetch(url.replace("/live", `/entry/default/0123456789abcdef${search}`));
    return [response.status, await response.text()];
  };
  expect(await ask("")).toEqual([404, "not found\n"]);
  expect(await ask("?token=secret")).toEqual([404, '{"why":"no cluster is looked at"}']);
});

it("shows a recording to whom the token is known, and its address has it", async () => {
  const file = join(temporaryFolder(), "run.qjournal");
  writeFileSync(file, "bytes");
  const server = new ViewerServer(
    { host: "127.0.0.1", port: 0, token: "secret", file },
    new StaticSite(),
    undefined,
  );
  const url = await server.listen();
  onTestFinished(() => server.close());
  expect(url).toMatch(/\?file=recording\/run\.qjournal&token=secret$/);
  const recording = new URL("recording/run.qjournal", url);
  expect((await fetch(recording)).status).toBe(404);
  expect((await fetch(`${recording.href}?token=other`)).status).toBe(404);
  expect(await (await fetch(`${recording.href}?token=secret`)).text()).toBe("bytes");
});

it("says that a port is taken", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const server = new ViewerServer({ host: "127.0.0.1", port }, new StaticSite(), undefined);
  await expect(server.listen()).rejects.toMatchObject({ code: "PORT_IN_USE" });
});
