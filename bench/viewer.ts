import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import type { JournalEvent } from "../base/journal/journal-event.ts";
import { JournalWriter } from "../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../base/journal/recording-format.ts";
import {
  generatedEvents,
  generatedHeader,
  generatedRecording,
} from "../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../base/journal/testing/generated-tape.ts";
import { LiveHub } from "../cluster/viewer/live-hub.ts";
import { builtViewerFolder, StaticSite } from "../cluster/viewer/static-site.ts";
import { ViewerServer } from "../cluster/viewer/viewer-server.ts";
import { median } from "./harness/machine-load.ts";
import { verdict } from "./harness/verdict.ts";
import { openBrowser, openPage, stageFigures, untilDrawn } from "./harness/viewer-page.ts";

/**
 * The viewer in a real browser that draws without a graphics card: how fast recordings open, how
 * fast pictures follow each other, how long a click takes to its answer, and whether an hour of
 * looking on costs memory. Wall time, so other load on the machine counts; it is printed.
 */
const LIVE_SECONDS = Number(process.env["BENCH_LIVE_SECONDS"] ?? 600);
const LIVE_EVENTS_A_SECOND = 5000;
/** Memory is looked at so often; a look stops the page for some tens of milliseconds. */
const LIVE_SAMPLES = 60;
/** Of ten minutes the second: the page and the collector hold all that they will hold by then. */
const LIVE_FULL_SHARE = 0.2;
/** In less the page's 150,000 events are not there yet, and memory has to grow. */
const LIVE_FULL_SECONDS_MIN = 60;
/** A tenth of what such a page holds: more, and an hour would show. */
const LIVE_GROWTH_MB_MAX = 8;
/** The collector keeps 16 MiB for pages that come later; the rest of it is sockets. */
const COLLECTOR_GROWTH_MB_MAX = 20;
const PAGE_BYTES_MAX = 250_000;
/** Pages whose first paint is taken; the first one of the browser is among them. */
const PAINT_COUNT = 9;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const SMALL: TapeOptions = { memberCount: 7, clientCount: 8, instanceCount: 1245, seed: 3 };
const LARGE: TapeOptions = { memberCount: 4, clientCount: 8, instanceCount: 20_500, seed: 3 };

async function main(): Promise<void> {
  console.log(`load of the machine: ${loadavg()[0]?.toFixed(1)}`);
  verdict("page, kB gzip", pageBytes() / 1000, "at most", PAGE_BYTES_MAX / 1000);
  const folder = mkdtempSync(join(tmpdir(), "quorate-bench-viewer-"));
  const browser = await openBrowser();
  try {
    if (process.env["BENCH_ONLY"] !== "live") {
      await measureSmall(browser, join(folder, "small.qjournal"));
      await measureLarge(browser, join(folder, "large.qjournal"));
    }
    await measureLive(browser);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureSmall(browser: Browser, file: string): Promise<void> {
  writeTape(file, SMALL);
  const { page, close } = await openTape(browser, file);
  const { events, loadMs, drawCalls } = await stageFigures(page);
  console.log(`${events} events, ${edgesOf(SMALL)} messages between authors`);
  verdict("opens, s", Number(loadMs) / 1000, "at most", 3);
  const first = await firstPaintMs(page);
  verdict("draw calls", Number(drawCalls), "at most", 12);
  verdict("pictures a second while it turns", await turningRate(page), "at least", 10);
  verdict("pictures a second while it plays", await playingRate(page), "at least", 10);
  verdict("click to detail, ms", await clickMs(page), "at most", 100);
  await close();
  await measurePaint(browser, file, first);
}

/**
 * The first page of a browser pays for the browser's own beginning, and one page's time says little
 * on two cores: the median of several, each in a context of its own that has nothing cached.
 */
async function measurePaint(browser: Browser, file: string, first: number): Promise<void> {
  const times = [first];
  while (times.length < PAINT_COUNT) {
    const { page, close } = await openTape(browser, file);
    times.push(await firstPaintMs(page));
    await close();
  }
  console.log(`first paints, ms: ${times.map((time) => time.toFixed(0)).join(" ")}`);
  verdict("first paint, s", median(times) / 1000, "at most", 1);
}

async function measureLarge(browser: Browser, file: string): Promise<void> {
  writeTape(file, LARGE);
  const { page, close } = await openTape(browser, file);
  const { events, loadMs } = await stageFigures(page);
  console.log(`${events} events`);
  verdict("opens, s", Number(loadMs) / 1000, "at most", 10);
  await close();
}

/** After a collection: what the page holds, and what the process holds that feeds it. */
interface LiveSample {
  readonly atSeconds: number;
  readonly pageMegabytes: number;
  readonly collectorMegabytes: number;
}

/** Feeds a page as a collector does, by the clock, and looks at both memories after collections. */
async function measureLive(browser: Browser): Promise<void> {
  const hub = new LiveHub(encodeRecordingHeader({ ...generatedHeader(LARGE), origin: "live" }));
  const server = new ViewerServer({ host: "127.0.0.1", port: 0 }, new StaticSite(), hub);
  const { page } = await openPage(browser, await server.listen());
  const events = generatedEvents({ ...LARGE, instanceCount: 1_000_000 });
  const samples: LiveSample[] = [];
  const started = performance.now();
  let published = 0;
  for (let seconds = 0; seconds < LIVE_SECONDS; seconds = (performance.now() - started) / 1000) {
    const due = Math.floor(seconds * LIVE_EVENTS_A_SECOND) - published;
    if (due > 0) publish(hub, events, Math.min(due, LIVE_EVENTS_A_SECOND));
    published += Math.min(Math.max(due, 0), LIVE_EVENTS_A_SECOND);
    if (seconds > (samples.length + 1) * (LIVE_SECONDS / LIVE_SAMPLES)) {
      samples.push({
        atSeconds: seconds,
        pageMegabytes: await heapMegabytes(page),
        collectorMegabytes: ownMegabytes(),
      });
    }
    await page.waitForTimeout(100);
  }
  verdict("events a second", published / LIVE_SECONDS, "at least", LIVE_EVENTS_A_SECOND * 0.98);
  console.log(`the page says: ${await page.locator("#source-text").innerText()}`);
  judgeMemory(samples);
  await page.close();
  await server.close();
}

/**
 * What a page holds goes up and down with what it has dropped last, so means of a tenth of the time
 * are compared: at minutes 2 and 10 of ten, or in the same proportion.
 */
function judgeMemory(samples: readonly LiveSample[]): void {
  const line = (values: readonly number[]): string => values.map((mb) => mb.toFixed(0)).join(" ");
  const page = samples.map(({ pageMegabytes }) => pageMegabytes);
  const collector = samples.map(({ collectorMegabytes }) => collectorMegabytes);
  console.log(
    `live for ${LIVE_SECONDS} s; after collections, MB, every ${LIVE_SECONDS / LIVE_SAMPLES} s`,
  );
  console.log(`  the page: ${line(page)}`);
  console.log(`  the collector's process: ${line(collector)}`);
  const full = Math.max(LIVE_SECONDS * LIVE_FULL_SHARE, LIVE_FULL_SECONDS_MIN);
  const from = samples.findIndex(({ atSeconds }) => atSeconds >= full);
  const width = Math.ceil(LIVE_SAMPLES / 10);
  if (from < 0 || from + width > samples.length - width) {
    console.log(`memory is not judged: it takes ${2 * LIVE_FULL_SECONDS_MIN} s or more`);
    return;
  }
  const growth = (sizes: readonly number[]): number =>
    mean(sizes.slice(-width)) - mean(sizes.slice(from, from + width));
  const since = `second ${full.toFixed(0)} to ${LIVE_SECONDS}, MB`;
  verdict(`page's growth, ${since}`, growth(page), "at most", LIVE_GROWTH_MB_MAX);
  verdict(`collector's growth, ${since}`, growth(collector), "at most", COLLECTOR_GROWTH_MB_MAX);
}

/** Of this process, which is the collector here. */
function ownMegabytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function publish(hub: LiveHub, events: Iterator<JournalEvent>, count: number): void {
  const writer = new JournalWriter();
  for (let index = 0; index < count; index++) {
    const { value } = events.next() as IteratorYieldResult<JournalEvent>;
    writer.add(value);
  }
  hub.publish(writer.flush()?.slice() ?? new Uint8Array(), count);
}

async function openTape(
  browser: Browser,
  file: string,
): Promise<{ page: Page; close: () => Promise<void> }> {
  const server = new ViewerServer(
    { host: "127.0.0.1", port: 0, file },
    new StaticSite(),
    undefined,
  );
  const { page } = await openPage(browser, await server.listen());
  await untilDrawn(page, 120_000);
  await page.locator("#stage[data-load-ms]").waitFor();
  return {
    page,
    close: async () => {
      await page.close();
      await server.close();
    },
  };
}

/** Each key turns the scene, and each turn is a picture of its own. */
async function turningRate(page: Page): Promise<number> {
  const before = Number((await stageFigures(page))["frames"]);
  const started = performance.now();
  while (performance.now() - started < 5000) await page.keyboard.press("r");
  const after = Number((await stageFigures(page))["frames"]);
  return ((after - before) * 1000) / (performance.now() - started);
}

async function playingRate(page: Page): Promise<number> {
  await page.locator("#play").click();
  const before = Number((await stageFigures(page))["frames"]);
  const started = performance.now();
  await page.waitForTimeout(5000);
  const after = Number((await stageFigures(page))["frames"]);
  await page.locator("#play").click();
  return ((after - before) * 1000) / (performance.now() - started);
}

/** From a key that selects an event until its detail stands in the page; the median of nine. */
async function clickMs(page: Page): Promise<number> {
  await page.keyboard.press("Escape");
  const times: number[] = [];
  for (let index = 0; index < 9; index++) {
    times.push(
      Number(
        await page.evaluate(`new Promise((resolve) => {
          const panel = document.getElementById("panel-event");
          const started = performance.now();
          const seen = new MutationObserver(() => {
            seen.disconnect();
            resolve(performance.now() - started);
          });
          seen.observe(panel, { childList: true });
          document.getElementById("step-on").click();
        })`),
      ),
    );
  }
  return times.sort((a, b) => a - b)[4] as number;
}

async function firstPaintMs(page: Page): Promise<number> {
  return Number(
    await page.evaluate(`performance.getEntriesByName("first-contentful-paint")[0]?.startTime`),
  );
}

async function heapMegabytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = (await session.send("Runtime.getHeapUsage")) as { usedSize: number };
  const buffers = await session.send("Runtime.getHeapUsage");
  await session.detach();
  const { backingStorageSize = 0 } = buffers as { backingStorageSize?: number };
  return (usedSize + backingStorageSize) / 1e6;
}

function writeTape(file: string, options: TapeOptions): void {
  writeFileSync(file, Buffer.concat([...generatedRecording(options)]));
}

function edgesOf(options: TapeOptions): number {
  let count = 0;
  for (const { parents } of generatedEvents(options)) count += parents.length;
  return count;
}

/** Everything that a browser fetches to open a recording. */
function pageBytes(): number {
  const folder = builtViewerFolder();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.(?:html|js|css|svg)$/.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
}

await main();
