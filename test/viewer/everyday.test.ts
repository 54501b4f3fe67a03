import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import {
  generatedEvents,
  generatedHeader,
  generatedRecording,
} from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import {
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { LiveHub } from "../../cluster/viewer/live-hub.ts";
import { StaticSite } from "../../cluster/viewer/static-site.ts";
import { ViewerServer } from "../../cluster/viewer/viewer-server.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";
import { serveTape } from "./served-tape.ts";
import type { ServedTape } from "./served-tape.ts";

/** Generous: nothing here says how fast anything is. */
const LIMITS = { timeout: 300_000 };
const PATIENT = { timeout: 120_000 };
const TAPE: TapeOptions = { memberCount: 4, clientCount: 2, instanceCount: 24, seed: 5 };
const PICTURE = { name: "picture.png", mimeType: "image/png", buffer: Buffer.alloc(2000, 7) };

describe.skipIf(NO_BROWSER)(`what people do with the viewer${SKIPPED}`, LIMITS, () => {
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

  async function open(url: string, options = {}): Promise<Page> {
    const { page, errors } = await openPage(browser, url, options);
    onTestFinished(async () => {
      expect(errors).toEqual([]);
      await page.close();
    });
    await untilDrawn(page);
    return page;
  }

  const speed = (page: Page): Promise<string> => page.locator("#speed").inputValue();
  const recordingFile = (name: string, seed: number): typeof PICTURE => ({
    ...{ name, mimeType: "application/octet-stream" },
    buffer: Buffer.concat([...generatedRecording({ ...TAPE, seed })]),
  });

  it("leaves keys to what has the focus: the help, a slider, a menu", async () => {
    const page = await open(`${tape.url}#detail=low&event=replica-1%231%3A9`);
    const selected = page.locator("#panel-event .sub", { hasText: /^replica-1#1:9$/ });
    await selected.waitFor();
    await page.keyboard.press("?");
    await page.locator("#help[open]").waitFor();
    await page.keyboard.press(".");
    await page.keyboard.press("Escape");
    await page.locator("#help:not([open])").waitFor({ state: "attached" });
    await page.locator("#speed").focus();
    const before = Number(await speed(page));
    await page.keyboard.press("ArrowRight");
    expect(Number(await speed(page))).toBeGreaterThan(before);
    await page.keyboard.press("Home");
    expect(Number(await speed(page))).toBe(-2);
    const menu = page.locator("#export-menu");
    await menu.locator("summary").click();
    await page.keyboard.press("Escape");
    expect(await menu.getAttribute("open")).toBeNull();
    await menu.locator("summary").click();
    await page.locator(".brand").click();
    expect(await menu.getAttribute("open")).toBeNull();
    // Through all of that nothing else was selected, and nothing was let go.
    await selected.waitFor();
    await page.locator("#strip").focus();
    await page.keyboard.press("End");
    expect(await page.locator("#strip").getAttribute("aria-valuenow")).toBe("1000");
    await page.keyboard.press("Home");
    expect(await page.locator("#strip").getAttribute("aria-valuenow")).toBe("0");
  });

  it("shows all of a file that is opened after another one, and names that one no more", async () => {
    const page = await open(`${tape.url}#detail=high&event=replica-1%231%3A9`);
    // A window of its own, which is no place in the next recording.
    await page.keyboard.press("w");
    await page.locator("#file").setInputFiles(recordingFile("later.qjournal", 6));
    await page.locator("#source-text", { hasText: "later.qjournal" }).waitFor();
    const whole = async (): Promise<boolean> => {
      const { points, events } = await stageFigures(page);
      return points === events;
    };
    await expect.poll(whole, PATIENT).toBe(true);
    await page.locator("#panel-event h2", { hasText: "generated from seed 6" }).waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  it("keeps what it shows when a file does not open", async () => {
    const page = await open(tape.url);
    await page.locator("#file").setInputFiles(PICTURE);
    await page.getByText("holds no events that can be read").waitFor();
    await expect.poll(() => page.locator("#live").innerText(), PATIENT).toContain("Nothing in it");
    await page.keyboard.press("Enter");
    expect(await page.locator("#state").isHidden()).toBe(true);
    expect(await page.locator("#source-text").innerText()).toContain("tape.qjournal");
  });

  it("goes on following a cluster when a file does not open", async () => {
    const hub = new LiveHub(encodeRecordingHeader({ ...generatedHeader(TAPE), origin: "live" }));
    const server = new ViewerServer({ host: "127.0.0.1", port: 0 }, new StaticSite(), hub);
    const url = await server.listen();
    onTestFinished(() => server.close());
    const events = [...generatedEvents(TAPE)];
    const publish = (from: number, to: number): void => {
      const writer = new JournalWriter();
      for (const event of events.slice(from, to)) writer.add(event);
      hub.publish(writer.flush()!.slice(), to - from);
    };
    publish(0, 100);
    const page = await open(url);
    await page.locator("#file").setInputFiles(PICTURE);
    const back = page.locator("#state-back");
    await back.waitFor();
    publish(100, 200);
    await page.locator('#stage[data-events="200"]').waitFor();
    // News of the cluster do not take away what became of the file.
    expect(await back.isVisible()).toBe(true);
    await back.click();
    expect(await page.locator("#state").isHidden()).toBe(true);
    expect(await page.locator("#follow").isVisible()).toBe(true);
    await page.locator("#file").setInputFiles(recordingFile("own.qjournal", 8));
    await page.locator("#source-text", { hasText: /^own\.qjournal/ }).waitFor();
    expect(await page.locator("#follow").isVisible()).toBe(false);
  });

  it("comes closer in time between two fingers", async () => {
    const look = { viewport: { width: 390, height: 844 }, hasTouch: true };
    const page = await open(tape.url, look);
    const spanMs = async (): Promise<number> => {
      const text = /shows ([\d.]+) (m?s)/.exec(await page.locator("#clock").innerText());
      return Number(text?.[1]) * (text?.[2] === "s" ? 1000 : 1);
    };
    const whole = await spanMs();
    const session = await page.context().newCDPSession(page);
    const { x, y, width, height } = (await page.locator("#canvas").boundingBox())!;
    const fingers = (apart: number): { x: number; y: number; id: number }[] =>
      [-1, 1].map((side, id) => ({ x: x + width / 2 + (side * apart) / 2, y: y + height / 2, id }));
    const touch = (
      type: "touchStart" | "touchMove" | "touchEnd",
      touchPoints: { x: number; y: number; id: number }[],
    ): Promise<unknown> => session.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", fingers(60));
    for (let apart = 70; apart <= 180; apart += 10) await touch("touchMove", fingers(apart));
    await touch("touchEnd", []);
    await expect.poll(spanMs, PATIENT).toBeLessThan(whole * 0.6);
  });

  it("saves a picture with the names that stand over it", async () => {
    const page = await open(tape.url);
    const save = async (): Promise<Buffer> => {
      await page.locator("#export-menu summary").click();
      const saving = page.waitForEvent("download");
      await page.locator("#export-names").click();
      return readFileSync(await (await saving).path());
    };
    const named = await save();
    expect(named.subarray(1, 4).toString()).toBe("PNG");
    expect((await save()).equals(named)).toBe(true);
    await page.evaluate(`document.querySelector(".lane-label[data-lane=replica-2]").remove()`);
    expect((await save()).equals(named)).toBe(false);
    // Who sees is told as well.
    await page.locator(".note", { hasText: "quorate.png is saved" }).waitFor();
  });

  it("ends a film by the button that began it, and says when there is nothing to save", async () => {
    const page = await open(`${tape.url}#speed=0.01`);
    const film = page.locator("#export-webm");
    const press = async (): Promise<void> => {
      await page.locator("#export-menu summary").click();
      await film.click();
    };
    const saving = page.waitForEvent("download");
    await press();
    await page.locator("#export-webm[aria-pressed=true]").waitFor({ state: "attached" });
    await press();
    expect((await saving).suggestedFilename()).toBe("quorate.webm");
    await page.locator("#export-webm[aria-pressed=false]").waitFor({ state: "attached" });
    const { page: empty } = await openPage(browser, new URL("/", tape.url).href);
    onTestFinished(() => empty.close());
    await empty.locator("#stage[data-ready]").waitFor();
    await empty.locator("#export-menu summary").click();
    await empty.locator("#export-json").click();
    await empty.locator(".note", { hasText: "nothing is open" }).waitFor();
  });
});
