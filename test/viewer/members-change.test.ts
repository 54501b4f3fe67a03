import { dirname } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import {
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { runViewer } from "../../cluster/viewer/run-viewer.ts";
import { EpochCluster } from "../system/epoch-cluster.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

/** Nothing here depends on how fast a machine is: only on what comes about in the end. */
const PATIENCE = { timeout: 120_000 };
const LIMITS = { timeout: 400_000 };
/** Five replicas, the collector and the browser share this machine: pictures need not be large. */
const CHEAP = "#detail=low&mode=flat";
const SMALL = { viewport: { width: 800, height: 450 } };

describe.skipIf(NO_BROWSER)(`a cluster whose members change${SKIPPED}`, LIMITS, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, LIMITS.timeout);
  afterAll(() => browser.close());

  it("shows who joins, who leaves, where the epochs begin, and who votes now", async () => {
    const cluster = await EpochCluster.create();
    onTestFinished(() => cluster.close());
    await cluster.start();
    const dir = dirname(cluster.path("node-0"));
    const viewer = await runViewer({ file: undefined, dir, host: "127.0.0.1", port: 0 });
    onTestFinished(() => viewer.close());
    const { page, errors } = await openPage(browser, viewer.url + CHEAP, SMALL);
    onTestFinished(() => page.close());
    await untilDrawn(page);

    const fifth = await cluster.newcomer("node-4");
    await cluster.reconfigure({ add: [fifth.member] }, [fifth.key]);
    await lane(page, "replica-4", "up");
    // Each tells of the boundary, so its journal of the new epoch is listened to.
    for (const member of [0, 1, 2, 3, 4]) {
      await found(page, `replica:${member} type:epoch what:begins epoch:1`, 1);
    }
    await cluster.client.put("membership", "five", utf8("five"));
    await found(page, "replica:4 type:executed", 1);

    await cluster.reconfigure({ remove: [cluster.current.members[0]!.publicKey] });
    await lane(page, "replica-0", "outside");
    await found(page, "type:epoch what:begins epoch:2", 4);
    await found(page, "replica:0 type:epoch what:leaves", 1);
    await cluster.client.put("membership", "four", utf8("four"));
    await says(page, "#panel-event", "2: replicas 1, 2, 3, 4");
    // Its place is taken by others; its name never.
    await found(page, "replica:4 type:certified epoch:2", 1);
    // Who was let go is not looked for any more, and nobody else is missing.
    const source = page.locator("#source-text");
    await expect.poll(() => source.innerText(), PATIENCE).not.toContain("no journal of");

    await page.close();
    const later = await openPage(browser, viewer.url + CHEAP, SMALL);
    onTestFinished(() => later.page.close());
    await untilDrawn(later.page);
    await lane(later.page, "replica-0", "outside");
    await says(later.page, "#panel-event", "2: replicas 1, 2, 3, 4");
    expect([...errors, ...later.errors]).toEqual([]);
  });
});

async function lane(page: Page, name: string, health: string): Promise<void> {
  await page.locator(`.lane-label[data-lane=${name}][data-health=${health}]`).waitFor();
}

/** Until the page has found so many events. */
async function found(page: Page, query: string, count: number): Promise<void> {
  await page.locator("#query").fill(query);
  const matches = async (): Promise<number> => Number((await stageFigures(page))["matches"]);
  await expect.poll(matches, { ...PATIENCE, message: query }).toBeGreaterThanOrEqual(count);
  await page.locator("#query").fill("");
}

async function says(page: Page, place: string, text: string): Promise<void> {
  await expect.poll(() => page.locator(place).innerText(), PATIENCE).toContain(text);
}
