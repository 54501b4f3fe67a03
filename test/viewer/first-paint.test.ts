import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { openBrowser, untilDrawn } from "../../bench/harness/viewer-page.ts";
import { serveTape } from "./served-tape.ts";
import type { ServedTape } from "./served-tape.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

const LIMITS = { timeout: 300_000 };
const TAPE: TapeOptions = { memberCount: 4, clientCount: 2, instanceCount: 8, seed: 6 };
/** What draws, and most of the page's bytes. */
const SCENE = /\/assets\/start-[^/]+\.js$/;
/** After so long the page begins whether or not it was painted. */
const PAINT_MS_MAX = 5000;

describe.skipIf(NO_BROWSER)(`the page before its scene${SKIPPED}`, LIMITS, () => {
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

  /** A page whose scene is asked for, and waits for `release`. */
  async function heldPage(url: string): Promise<{ page: Page; release: () => Promise<void> }> {
    const page = await browser.newPage({ colorScheme: "light" });
    onTestFinished(() => page.close());
    page.setDefaultTimeout(LIMITS.timeout);
    const asked = new Promise<Route>((resolve) => void page.route(SCENE, resolve));
    await page.goto(url);
    const route = await asked;
    return { page, release: () => route.continue() };
  }

  it("is painted before anything that draws is loaded", async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(tape.url);
    await untilDrawn(page);
    const [painted, asked] = (await page.evaluate(`[
      performance.getEntriesByName("first-contentful-paint")[0].startTime,
      performance.getEntriesByType("resource").find(({ name }) => ${SCENE}.test(name)).startTime,
    ]`)) as [number, number];
    expect(asked).toBeGreaterThanOrEqual(Math.min(painted, PAINT_MS_MAX));
  });

  it("has its controls, its table's head, its legend, and says what it waits for", async () => {
    const { page, release } = await heldPage(`${tape.url}#panel=table&axis=depth`);
    expect(await page.locator("#state-title").innerText()).toBe("Opening tape.qjournal");
    expect(await page.locator("#state-progress").isVisible()).toBe(true);
    expect(await page.locator("#legend .item").count()).toBe(19);
    expect(await page.locator("#table th").allInnerTexts()).toEqual([
      ...["time", "who", "what", "detail"],
    ]);
    expect(await page.locator("#table-foot").innerText()).toBe("no events yet");
    expect(await page.locator("#axis").inputValue()).toBe("depth");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
    await release();
    await untilDrawn(page);
    await page.locator("tbody tr[data-row]").first().waitFor();
  });

  it("takes a file that is chosen before it can be read, and opens it then", async () => {
    const { page, release } = await heldPage(tape.url.split("?")[0] as string);
    expect(await page.locator("#state-title").innerText()).toBe("Open a recording");
    await page.locator("#file").setInputFiles({
      ...{ name: "early.qjournal", mimeType: "application/octet-stream" },
      buffer: Buffer.concat([...generatedRecording(TAPE)]),
    });
    await page.locator("#state-title", { hasText: "Opening early.qjournal" }).waitFor();
    await release();
    await untilDrawn(page);
    expect(await page.locator("#source-text").innerText()).toContain("early.qjournal");
  });

  it("says so when the rest of it does not come", async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.route(SCENE, (route) => route.abort());
    await page.goto(tape.url);
    await page.locator("#state-title", { hasText: "The viewer did not start" }).waitFor();
    expect(await page.locator("#state-text").innerText()).toContain("Load the page again.");
  });
});
