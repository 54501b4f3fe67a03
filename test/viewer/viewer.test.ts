import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import {
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { builtViewerFolder } from "../../cluster/viewer/static-site.ts";
import { serveTape } from "./served-tape.ts";
import type { ServedTape } from "./served-tape.ts";
import { seriousFindings } from "./serious-findings.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

/** Generous: no test here says how fast anything is. */
const LIMITS = { timeout: 300_000 };
const PATIENT = { timeout: 120_000 };
const TAPE: TapeOptions = {
  memberCount: 4,
  clientCount: 3,
  instanceCount: 40,
  seed: 11,
  troubles: [
    { at: 10, what: "kill-primary" },
    { at: 18, what: "equivocate" },
    { at: 25, what: "cut-off", member: 2 },
    { at: 31, what: "violation" },
  ],
};

describe.skipIf(NO_BROWSER)(`the viewer in a real browser${SKIPPED}`, LIMITS, () => {
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

  async function open(hash = "", options: BrowserContextOptions = {}): Promise<Page> {
    const { page, errors } = await openPage(browser, `${tape.url}#detail=medium${hash}`, options);
    onTestFinished(async () => {
      expect(errors).toEqual([]);
      await page.close();
    });
    await untilDrawn(page);
    return page;
  }

  const untilSelected = (page: Page, kind: string): Promise<void> =>
    page.locator("#panel-event h2", { hasText: kind }).waitFor();

  it("shows every lane, every certificate and the whole tape, in few draws", async () => {
    const page = await open();
    const figures = await stageFigures(page);
    expect(figures).toMatchObject({ certificates: "39", lanes: "8", software: "true" });
    expect(Number(figures["points"])).toBe(Number(figures["events"]));
    expect(Number(figures["drawCalls"])).toBeLessThanOrEqual(12);
    expect(await page.locator("#showing").innerText()).toMatch(/^showing ([\d,]+) of \1 events/);
    const lanes = await page.locator(".lane-label[data-role=replica]").allInnerTexts();
    expect(lanes.map((text) => text.split("\n")[0])).toEqual([
      ...["replica-0", "replica-1", "replica-3", "replica-2"],
    ]);
  });

  it("steps to the violation by one key", async () => {
    const page = await open();
    await page.keyboard.press("e");
    await untilSelected(page, "evidence");
    await page.keyboard.press("e");
    await untilSelected(page, "violation");
    await page.locator("#live", { hasText: "violation of world" }).waitFor({ state: "attached" });
  });

  it("opens what a link names: event, window, search, mode", async () => {
    const page = await open("&event=replica-1%231%3A40&mode=flat&q=type%3Acommitted&panel=table");
    await page.locator("#mode-flat[aria-pressed=true]").waitFor();
    await page.locator("#matches", { hasText: /\d+ found/ }).waitFor();
    await page.locator("tbody tr[data-row]").nth(3).waitFor();
    const kinds = page.locator("tbody tr[data-row] td:nth-child(3)");
    const shown = async (): Promise<string[]> => [...new Set(await kinds.allInnerTexts())];
    await expect.poll(shown, PATIENT).toEqual(["committed"]);
    await page.locator("#tab-event").click();
    await page.locator("#panel-event .sub", { hasText: "replica-1#1:40" }).waitFor();
  });

  it("says whose signatures a sequence lacks", async () => {
    const page = await open("&q=motif%3Astuck&only=true&panel=table");
    await page.locator("tbody tr[data-row]").first().click();
    await page.locator("#tab-event").click();
    const verdict = "Sequence 25 is proposed in view 1, and not prepared.";
    await page.locator("#verdict", { hasText: verdict }).waitFor();
  });

  it("answers a click on the picture with the event under it", async () => {
    const page = await open("&mode=flat");
    const label = page.locator(".lane-label[data-lane=replica-0]");
    const box = (await label.boundingBox())!;
    await page.mouse.click(box.x + box.width + 11, box.y + box.height / 2);
    await page.locator("#panel-event .sub", { hasText: /^replica-0#1:/ }).waitFor();
  });

  it("reaches every event by keyboard, and the table follows", async () => {
    const page = await open("&panel=table");
    const events = Number((await stageFigures(page))["events"]);
    expect(await page.locator("table").getAttribute("aria-rowcount")).toBe(String(events));
    await page.locator("#table-scroll").focus();
    await page.keyboard.press("End");
    const selected = (index: number): string =>
      `tbody tr[aria-selected=true][aria-rowindex="${index}"]`;
    await page.locator(selected(events)).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.locator(selected(events - 1)).waitFor();
  });

  it("plays, and hides what has not happened yet", async () => {
    const page = await open("&speed=1");
    await page.locator("#stage").focus();
    await page.keyboard.press("Space");
    await page.locator("#play[aria-label=Pause]").waitFor();
    const before = Number((await stageFigures(page))["frames"]);
    await expect
      .poll(async () => Number((await stageFigures(page))["frames"]), PATIENT)
      .toBeGreaterThan(before + 3);
    await page.keyboard.press("Space");
    expect(page.url()).toContain("#");
    expect(await page.locator("#strip").getAttribute("aria-valuetext")).toMatch(/^[+−]/);
  });

  it.each([
    ["#export-json", "quorate-events.json", '"type": "quorate-events"'],
    ["#export-shiviz", "quorate-shiviz.log", "(?<event>"],
    ["#export-trace", "quorate-trace.json", '"traceEvents"'],
  ])("saves %s as %s", async (button, name, text) => {
    const page = await open();
    await page.locator("#export-menu summary").click();
    const saving = page.waitForEvent("download");
    await page.locator(button).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe(name);
    expect(readFileSync(await download.path(), "utf8")).toContain(text);
  });

  it("films what plays until it is paused", async () => {
    const page = await open();
    await page.locator("#export-menu summary").click();
    const saving = page.waitForEvent("download");
    await page.locator("#export-webm").click();
    const before = Number((await stageFigures(page))["frames"]);
    await expect
      .poll(async () => Number((await stageFigures(page))["frames"]), PATIENT)
      .toBeGreaterThan(before + 3);
    await page.locator("#stage").focus();
    await page.keyboard.press("Space");
    const download = await saving;
    expect(download.suggestedFilename()).toBe("quorate.webm");
    const film = readFileSync(await download.path());
    // Every WebM file begins so.
    expect(film.subarray(0, 4).toString("hex")).toBe("1a45dfa3");
  });

  it("shows what another run has not", async () => {
    const page = await open();
    const other = generatedRecording({ ...TAPE, troubles: [] });
    await page.locator("#compare-file").setInputFiles({
      ...{ name: "other.qjournal", mimeType: "application/octet-stream" },
      buffer: Buffer.concat([...other]),
    });
    const words = /^[\d,]+ events only here, [\d,]+ only there$/;
    await page.locator("#comparison", { hasText: words }).waitFor();
    expect(await page.locator("#query").inputValue()).toBe("motif:difference");
    const matches = async (): Promise<number> => Number((await stageFigures(page))["matches"]);
    await expect.poll(matches, PATIENT).toBeGreaterThan(0);
  });

  it("opens a file without any server's help, and says what is no recording", async () => {
    const { page, errors } = await openPage(browser, tape.url.split("?")[0] as string);
    onTestFinished(() => page.close());
    expect(await page.locator("#state-title").innerText()).toBe("Open a recording");
    await page.locator("#file").setInputFiles({
      ...{ name: "picture.png", mimeType: "image/png", buffer: Buffer.alloc(2000, 7) },
    });
    await page.getByText("holds no events that can be read").waitFor();
    expect(errors).toEqual([]);
  });

  it("opens what is dropped on it when its server has long been gone", async () => {
    const other = await serveTape(TAPE);
    const { page, errors } = await openPage(browser, other.url);
    onTestFinished(() => page.close());
    await untilDrawn(page);
    await other.close();
    const bytes = Buffer.concat([...generatedRecording({ ...TAPE, seed: 12 })]).toString("base64");
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob("${bytes}"), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], "dropped.qjournal"));
      for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      }
    })()`);
    await page
      .locator("#source-text", { hasText: /^dropped\.qjournal · [\d,]+ events$/ })
      .waitFor();
    // Its icon was asked for once more, as it is when an address changes.
    expect(errors.filter((error) => !error.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
  });

  it("fits a phone's width without a sideways scroll", async () => {
    const page = await open("", { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    await page.locator("#tab-table").click();
    await page.locator("tbody tr[data-row]").nth(3).waitFor();
  });

  it.each([
    ["the event", "&event=replica-1%231%3A40", "dark"],
    ["the table", "&panel=table", "light"],
    ["the charts", "&panel=charts&mode=flat", "light"],
    ["the help", "", "dark"],
  ] as const)("has no serious finding of axe-core with %s", async (what, hash, colorScheme) => {
    const page = await open(hash, { colorScheme });
    if (what === "the help") await page.keyboard.press("?");
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("is at most 250 kB", () => {
    const folder = builtViewerFolder();
    const bytes = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:html|js|css|svg)$/.test(name))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
    expect(bytes).toBeLessThanOrEqual(250_000);
  });
});
