import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { generatedEvents, generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import {
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { serveTape } from "./served-tape.ts";
import type { ServedTape } from "./served-tape.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

const PATIENCE = { timeout: 120_000 };
const LIMITS = { timeout: 300_000 };
const TAPE: TapeOptions = {
  ...{ memberCount: 4, clientCount: 2, instanceCount: 1500, seed: 8 },
  troubles: [{ at: 700, what: "kill-primary" }],
};
const EVENTS = [...generatedEvents(TAPE)];
/** Less than the tape has: a page that may hold so many takes a sample of it. */
const EVENTS_MAX = EVENTS.length - 1;

describe.skipIf(NO_BROWSER)(`a recording larger than the page may hold${SKIPPED}`, LIMITS, () => {
  let browser: Browser;
  let tape: ServedTape;
  beforeAll(async () => {
    browser = await openBrowser();
    tape = await serveTape(TAPE);
  }, LIMITS.timeout);
  afterAll(async () => {
    await browser.close();
    await tape.close();
  });

  it("opens as a sample that says so, and has all events of where somebody zooms in", async () => {
    const { page, errors } = await openPage(browser, `${tape.url}&events=${EVENTS_MAX}`);
    onTestFinished(() => page.close());
    await untilDrawn(page);
    await readSample(page);
    await lookCloser(page);
    // Out again: it is a sample, and what was loaded is kept.
    await page.locator("#fit").click();
    await page.locator("#stage[data-sample=part]").waitFor();
    await page.locator("#showing", { hasText: "a sample" }).waitFor();
    expect(errors).toEqual([]);
  });

  it("and so does a file from this disk, without a server's help", async () => {
    const file = join(temporaryFolder(), "large.qjournal");
    writeFileSync(file, Buffer.concat([...generatedRecording(TAPE)]));
    const { page, errors } = await openPage(
      browser,
      `${tape.url.split("?")[0] as string}?events=${EVENTS_MAX}`,
    );
    onTestFinished(() => page.close());
    await page.locator("#file").setInputFiles(file);
    await untilDrawn(page);
    await readSample(page);
    await lookCloser(page);
    expect(errors).toEqual([]);
  });
});

async function readSample(page: Page): Promise<void> {
  await page.locator("#stage[data-sample=part]").waitFor();
  const { events } = await stageFigures(page);
  expect(Number(events)).toBeLessThan(EVENTS_MAX / 2);
  await page.locator("#showing", { hasText: "zoom in for all of them" }).waitFor();
  const of = `of ${EVENTS.length.toLocaleString("en-US")} events`;
  expect(await page.locator("#source-text").innerText()).toContain(of);
  // What stands out is there whatever else is not.
  await page.locator("#query").fill("type:crash");
  const matches = async (): Promise<number> => Number((await stageFigures(page))["matches"]);
  await expect.poll(matches, PATIENCE).toBe(1);
  await page.locator("#query").fill("");
}

/** Around the crash: as many events as were recorded there. */
async function lookCloser(page: Page): Promise<void> {
  const crashMs = EVENTS.find(({ kind }) => kind === "crash")!.hlc.milliseconds;
  const [from, to] = [crashMs - 40, crashMs + 40];
  const inside = EVENTS.filter(
    ({ hlc }) => hlc.milliseconds >= from && hlc.milliseconds < to,
  ).length;
  await page.evaluate(`location.hash = "t=${from}..${to}"`);
  await page.locator("#stage[data-sample=whole]").waitFor();
  await expect
    .poll(() => page.locator("#showing").innerText(), PATIENCE)
    .toContain(`of ${inside.toLocaleString("en-US")} events ·`);
}
