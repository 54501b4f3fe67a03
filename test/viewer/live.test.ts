import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { openBrowser, openPage } from "../../bench/harness/viewer-page.ts";
import { Collector } from "../../cluster/viewer/collector.ts";
import { StaticSite } from "../../cluster/viewer/static-site.ts";
import { ViewerServer } from "../../cluster/viewer/viewer-server.ts";
import { Epochs } from "../../consensus/epochs/epochs.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { TestCluster } from "../../node/testing/test-cluster.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

/** Nothing here depends on how fast a machine is: only on what comes about in the end. */
const PATIENT = { timeout: 120_000 };
const LIMITS = { timeout: 300_000 };

describe.skipIf(NO_BROWSER)(`a collector in a real browser${SKIPPED}`, LIMITS, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, LIMITS.timeout);
  afterAll(() => browser.close());

  it("says that the collector is gone, and that what is shown is old", async () => {
    const collector = newCollector(await journallessCluster());
    const server = new ViewerServer(
      { host: "127.0.0.1", port: 0 },
      new StaticSite(),
      collector.hub,
    );
    const { page } = await openPage(browser, await server.listen());
    onTestFinished(() => page.close());
    const state = page.locator("#state");
    const says = (text: string): Promise<void> =>
      expect.poll(() => state.innerText(), PATIENT).toContain(text);
    await says("Waiting for events");
    await says("replica-3: without journal");
    let attempts = 0;
    page.on("websocket", () => attempts++);
    collector.close();
    await server.close();
    await says("The collector cannot be reached");
    // It tries again and again, and says so all the while.
    await expect.poll(() => attempts, PATIENT).toBeGreaterThanOrEqual(2);
    expect(await state.innerText()).toContain("The collector cannot be reached");
  });
});

/** Members' ports on which somebody answers, and nobody keeps a journal. */
async function journallessCluster(): Promise<TestCluster> {
  const cluster = await TestCluster.create(temporaryFolder());
  for (const { address } of cluster.genesis.members) {
    const server = createServer((_request, response) => response.writeHead(404).end());
    onTestFinished(() => void server.close());
    await once(server.listen(Number(address.split(":")[1]), "127.0.0.1"), "listening");
  }
  return cluster;
}

function newCollector(cluster: TestCluster): Collector {
  return new Collector({
    genesis: cluster.genesis,
    epochs: new Epochs(nodeCrypto, genesisCommittee(cluster.genesis)),
    journalFolder: ({ number }) => join(cluster.nodeFolder(number), "journal"),
  });
}
