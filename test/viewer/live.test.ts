import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  CHROMIUM,
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { Collector } from "../../cluster/viewer/collector.ts";
import { StaticSite } from "../../cluster/viewer/static-site.ts";
import { ViewerServer } from "../../cluster/viewer/viewer-server.ts";
import { SUBMIT_EXECUTED } from "../../consensus/wire/connection.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { TestClient, TestWriter } from "../../node/testing/test-client.ts";
import { TestCluster } from "../../node/testing/test-cluster.ts";

const SKIPPED = CHROMIUM === undefined ? " skipped: chromium: apt-get install chromium" : "";

describe.skipIf(CHROMIUM === undefined)(`a running cluster in a real browser${SKIPPED}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it("shows certificates as they form, the primary's end, the view change, and its return", async () => {
    const cluster = await TestCluster.create(temporaryFolder());
    onTestFinished(() => cluster.stopAll());
    await cluster.startAll();
    const { page, errors } = await openPage(browser, await watchUrl(cluster));
    onTestFinished(() => page.close());
    const writer = new TestWriter(cluster.genesis, cluster.writers[0]!);
    await put(cluster, writer, "first");
    await untilDrawn(page);
    const certificates = async (): Promise<number> =>
      Number((await stageFigures(page))["certificates"]);
    await expect.poll(certificates, { timeout: 30_000 }).toBeGreaterThan(0);

    await cluster.stop(0);
    const dead = page.locator(".lane-label[data-lane=replica-0][data-health=down]");
    await dead.waitFor({ timeout: 30_000 });
    await put(cluster, writer, "second");
    await page.locator("#query").fill("type:new-view view>0");
    const found = async (): Promise<number> => Number((await stageFigures(page))["matches"]);
    await expect.poll(found, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);

    await cluster.start(0);
    await cluster.ready();
    await put(cluster, writer, "third");
    const back = page.locator(".lane-label[data-lane=replica-0][data-health=up]");
    await back.waitFor({ timeout: 30_000 });
    await page.locator("#query").fill("type:crash");
    await expect.poll(found, { timeout: 30_000 }).toBe(1);
    expect(await page.locator("#source-dot").getAttribute("data-state")).toMatch(/live|stale/);
    expect(errors).toEqual([]);
  }, 180_000);

  it("says that the collector is gone, and that what is shown is old", async () => {
    const cluster = await TestCluster.create(temporaryFolder());
    const collector = newCollector(cluster);
    const server = new ViewerServer(
      { host: "127.0.0.1", port: 0 },
      new StaticSite(),
      collector.hub,
    );
    const { page } = await openPage(browser, await server.listen());
    onTestFinished(() => page.close());
    await page.getByText("Waiting for events").waitFor();
    await page.getByText("replica-0: unreachable").waitFor();
    collector.close();
    await server.close();
    await page.getByText("The collector cannot be reached").waitFor();
  });
});

function newCollector(cluster: TestCluster): Collector {
  return new Collector({
    genesis: cluster.genesis,
    journalFolder: (member) => join(cluster.nodeFolder(member), "journal"),
  });
}

async function watchUrl(cluster: TestCluster): Promise<string> {
  const collector = newCollector(cluster);
  const server = new ViewerServer({ host: "127.0.0.1", port: 0 }, new StaticSite(), collector.hub);
  onTestFinished(async () => {
    collector.close();
    await server.close();
  });
  return await server.listen();
}

/** To every replica that runs, as a client does whose primary may be dead. */
async function put(cluster: TestCluster, writer: TestWriter, name: string): Promise<void> {
  const { bytes, digest } = writer.put(name, name);
  const running = [...cluster.replicas.keys()].filter((index) => cluster.replicas[index]);
  const answers = running.map(async (index) => {
    const client = await TestClient.connect(cluster.genesis, cluster.address(index));
    onTestFinished(() => client.close());
    return (await client.submit(bytes, digest)).status;
  });
  expect(await Promise.any(answers)).toBe(SUBMIT_EXECUTED);
}
