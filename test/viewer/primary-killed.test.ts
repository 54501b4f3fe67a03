import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import {
  CHROMIUM,
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import { runViewer } from "../../cluster/viewer/run-viewer.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { COMPILING_LACKS, CompileLoad } from "./compile-load.ts";

const LACKS = [...(CHROMIUM === undefined ? ["chromium"] : []), ...COMPILING_LACKS];
const SKIPPED = LACKS.length === 0 ? "" : ` skipped: apt-get install ${LACKS.join(" ")}`;
/** Nothing here depends on how fast a machine is: only on what comes about in the end. */
const PATIENCE = { timeout: 120_000 };
const LIMITS = { timeout: 400_000 };
/** What a browser says of an entry that was asked for while no fresh certificate was there. */
const NOT_YET = /^Failed to load resource: .* status of (?:404|503)/;
/** After a wanted change of what the README shows: the path of the picture to write. */
const PICTURE = process.env["VIEWER_PICTURE"];

describe.skipIf(LACKS.length > 0)(
  `four replicas under ccache in a browser${SKIPPED}`,
  LIMITS,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser();
    }, LIMITS.timeout);
    afterAll(() => browser.close());

    it("shows certificates, an entry's verified receipt, the primary's SIGKILL, the view change, and its return", async () => {
      const cluster = await LocalCluster.start();
      onTestFinished(() => cluster.stop());
      const load = await compileThrough(cluster);
      const { page, errors } = await watch(browser, cluster, load.gatewayUrl);
      const certificates = (): Promise<number> => figure(page, "certificates");
      await expect.poll(certificates, PATIENCE).toBeGreaterThan(2);
      const names = await page.locator(".lane-label[data-role=replica]").allInnerTexts();
      expect(names.map((text) => text.split("\n")[0])).toEqual(
        expect.arrayContaining(["replica-0", "replica-1", "replica-2", "replica-3"]),
      );

      await verifyAnEntry(page);
      await readCharts(page);

      const view = await readView(page);
      const primary = view % 4;
      await cluster.kill(primary);
      const before = await certificates();
      const name = `replica-${primary}`;
      const lane = (health: string): Promise<void> =>
        page.locator(`.lane-label[data-lane=${name}][data-health=${health}]`).waitFor();
      await lane("down");
      // Others follow it. Had they done so before, a view that the page had not yet heard of is seen now.
      await search(page, `type:new-view view>${view}`, 3);
      await expect.poll(certificates, PATIENCE).toBeGreaterThan(before + 2);
      await takePicture(page);

      await cluster.startAll([primary]);
      // Up again is who executes again: until then it is shown as recovering.
      await lane("up");
      await search(page, `replica:${primary} type:restart`, 2);
      await search(page, "type:crash", 1);
      // The load goes on, and each of its requests is told: the gateway is a lane like others.
      await search(page, "gateway:0 type:request what:put door:plain namespace:team-a key:*", 1);
      await search(page, "gateway:0 type:answer outcome:stored latency>0ms", 1);
      expect(load.count).toBeGreaterThan(0);
      expect(errors.filter((text) => !NOT_YET.test(text))).toEqual([]);
    });
  },
);

async function compileThrough(cluster: LocalCluster): Promise<CompileLoad> {
  const gateway = await runGateway({
    genesis: cluster.genesis,
    signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
    folder: join(temporaryFolder(), "gateway"),
    port: 0,
  });
  const load = new CompileLoad(temporaryFolder(), gateway.url);
  onTestFinished(async () => {
    await load.stop();
    await gateway.close();
  });
  return load;
}

async function watch(
  browser: Browser,
  { folder }: LocalCluster,
  gateway: string,
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const viewer = await runViewer({
    ...{ file: undefined, dir: folder, host: "127.0.0.1", port: 0 },
    gateways: [gateway],
  });
  onTestFinished(() => viewer.close());
  const watched = await openPage(browser, viewer.url);
  onTestFinished(() => watched.page.close());
  await untilDrawn(watched.page);
  return watched;
}

async function figure(page: Page, name: string): Promise<number> {
  return Number((await stageFigures(page))[name]);
}

/** The receipt of something that the load has put, judged in the page; and no word of others taken. */
async function verifyAnEntry(page: Page): Promise<void> {
  await page.locator("#query").fill("type:executed keys:team-a/*");
  await expect.poll(() => figure(page, "matches"), PATIENCE).toBeGreaterThan(0);
  await page.locator("#tab-table").click();
  await page.locator("tbody tr[data-row]").first().click();
  await page.locator("#tab-event").click();
  const card = page.locator(".entry-card").first();
  const ask = async (): Promise<string> => {
    // A cluster under load may have no fresh certificate at the moment; a person asks again.
    const button = card.locator("button");
    if (await button.isVisible()) await button.click();
    return await card.innerText();
  };
  await expect
    .poll(ask, PATIENCE)
    .toMatch(/^Verified in this browser: served at sequence \d+[^]*team-a/);
  await page.locator("#stage").focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
}

/** What each node says of itself, and the gateway of its cache, as the charts' own words. */
async function readCharts(page: Page): Promise<void> {
  await page.locator("#tab-charts").click();
  const charts: readonly (readonly [name: string, node: string])[] = [
    ["Processor", "replica-3"],
    ["Memory", "gateway-0"],
    ["Network", "replica-3"],
    ["Disk written", "replica-3"],
    ["Cache", "gateway-0 misses absent"],
  ];
  for (const [name, node] of charts) {
    const chart = page.locator(`.chart[data-chart="${name}"]`);
    await expect.poll(() => chart.innerText(), PATIENCE).toContain(node);
  }
  await page.locator("#tab-event").click();
}

/** The newest view that the page knows of: a slow machine changes it before anybody is killed. */
async function readView(page: Page): Promise<number> {
  await page.locator("#tab-charts").click();
  const keys = page.locator('.chart[data-chart="View and epoch"] .key').first();
  const view = /^view (\d+)$/.exec((await keys.innerText()).trim())?.[1];
  await page.locator("#tab-event").click();
  return Number(view);
}

/** Until the page has found so many events. */
async function search(page: Page, query: string, count: number): Promise<void> {
  await page.locator("#query").fill(query);
  await expect
    .poll(() => figure(page, "matches"), { ...PATIENCE, message: query })
    .toBeGreaterThanOrEqual(count);
  await page.locator("#query").fill("");
}

/** A picture can be taken at any moment; which one the README shows is for a person to choose. */
async function takePicture(page: Page): Promise<void> {
  const picture = await page.screenshot(PICTURE === undefined ? {} : { path: PICTURE });
  expect(picture.subarray(1, 4).toString()).toBe("PNG");
  expect(picture.length).toBeGreaterThan(20_000);
}
