import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import { generatedHeader, generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import {
  openBrowser,
  openPage,
  stageFigures,
  untilDrawn,
} from "../../bench/harness/viewer-page.ts";
import { connect } from "../../client/connect.ts";
import { FakeCluster } from "../../client/testing/fake-cluster.ts";
import { LiveHub } from "../../cluster/viewer/live-hub.ts";
import { StaticSite } from "../../cluster/viewer/static-site.ts";
import { ViewerServer } from "../../cluster/viewer/viewer-server.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { serveTape } from "./served-tape.ts";
import type { ServedTape } from "./served-tape.ts";
import { seriousFindings } from "./serious-findings.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

const LIMITS = { timeout: 300_000 };
const PICTURE_MS_MAX = 2_000;
const TAPE: TapeOptions = {
  ...{ memberCount: 4, clientCount: 3, instanceCount: 24, seed: 21 },
  troubles: [
    { at: 8, what: "kill-primary" },
    { at: 15, what: "equivocate" },
  ],
};
const LOOKS = (["dark", "light"] as const).flatMap((colorScheme) => [
  { colorScheme, viewport: { width: 1280, height: 720 } },
  { colorScheme, viewport: { width: 390, height: 844 } },
]);
const KEY = toHex(keyOfName(nodeCrypto.hash, "name")).slice(0, 16);

describe.skipIf(NO_BROWSER)(`the viewer for everybody${SKIPPED}`, LIMITS, () => {
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

  async function open(url: string, look: (typeof LOOKS)[number] = LOOKS[0]!): Promise<Page> {
    const { page, errors } = await openPage(browser, url, look);
    onTestFinished(async () => {
      expect(errors).toEqual([]);
      await page.close();
    });
    await untilDrawn(page);
    return page;
  }

  it.each(LOOKS)("has no serious finding: $colorScheme, $viewport.width wide", async (look) => {
    const page = await open(`${tape.url}#detail=low&event=replica-1%231%3A30`, look);
    const findings: Record<string, readonly string[]> = {};
    const judge = async (what: string): Promise<void> => {
      findings[what] = await seriousFindings(page);
    };
    await page.locator("#panel-event h2").waitFor();
    await judge("an event");
    await page.locator("#export-menu summary").click();
    await judge("the exports");
    await page.locator("#compare-file").setInputFiles({
      ...{ name: "other.qjournal", mimeType: "application/octet-stream" },
      buffer: Buffer.concat([...generatedRecording({ ...TAPE, troubles: [] })]),
    });
    await page.locator("#comparison").waitFor();
    await judge("a comparison");
    await page.locator("#query").fill("view>>1");
    await judge("a search that makes no sense");
    await page.locator("#tab-charts").click();
    await page.locator('.chart[data-chart="View and epoch"]').waitFor();
    await judge("the charts");
    for (const [what, found] of Object.entries(findings)) expect(found, what).toEqual([]);
  });

  it.each(LOOKS)("of a live cluster neither: $colorScheme, $viewport.width wide", async (look) => {
    const { url, entry } = await liveCluster();
    const page = await open(`${url}#detail=low&event=replica-0%231%3A1`, look);
    await page.route("**/entry/**", (route) => route.fulfill({ json: entry }));
    const card = page.locator(".entry-card");
    await card.locator("button").click();
    await card.filter({ hasText: "Verified in this browser" }).waitFor();
    expect(await seriousFindings(page), "a receipt").toEqual([]);
    await page.locator("#tab-charts").click();
    await page.locator('.chart[data-chart="Cache by door"]').waitFor();
    expect(await seriousFindings(page), "nodes' own charts").toEqual([]);
  });

  it("lets nothing be pointed at that cannot be reached by keyboard", async () => {
    const page = await open(`${tape.url}#detail=low`);
    const session = await page.context().newCDPSession(page);
    // The picture and the table's rows are one stop each, and have keys of their own inside.
    const inside = new Set(["canvas", "table-body"]);
    const deaf = (await pointable(session)).filter(
      ({ isFocusable, id }) => !isFocusable && !inside.has(id),
    );
    expect(deaf).toEqual([]);
    for (const id of ["stage", "table-scroll", "strip"]) {
      expect(await page.locator(`#${id}`).getAttribute("tabindex")).toBe("0");
    }
  });

  it.each(["space", "flat"])("has each mark of the picture in its table: %s", async (mode) => {
    const page = await open(`${tape.url}#detail=low&mode=${mode}`);
    const events = (await stageFigures(page))["events"] as string;
    const name = page.locator("#panel-event .sub").first();
    const found = new Set<string>();
    for (const { x, y } of await places(page)) {
      await page.mouse.click(x, y);
      await nextPicture(page);
      const text = await name.innerText();
      if (/^\S+#\d+:\d+$/.test(text)) found.add(text);
    }
    expect(found.size).toBeGreaterThan(0);
    await page.locator("#tab-table").click();
    await page.locator(`#table[aria-rowcount="${events}"]`).waitFor();
    for (const event of found) {
      const link = new URLSearchParams({ detail: "low", mode, panel: "table", event });
      await page.evaluate(`location.hash = ${JSON.stringify(String(link))}`);
      // Until then the row of the event before is selected, which may be the same author's.
      await nextPicture(page);
      const row = page.locator("tbody tr[aria-selected=true]");
      await row.waitFor();
      await row.locator("td:nth-child(2)", { hasText: event.split("#")[0] as string }).waitFor();
      // By keys alone one leaves it, and comes back to it.
      const at = await row.getAttribute("aria-rowindex");
      await page.locator("#table-scroll").focus();
      const [away, back] = at === "1" ? ["ArrowDown", "ArrowUp"] : ["ArrowUp", "ArrowDown"];
      await page.keyboard.press(away);
      await page.locator(`tbody tr[aria-selected=true]:not([aria-rowindex="${at}"])`).waitFor();
      await page.keyboard.press(back);
      await page.locator(`tbody tr[aria-selected=true][aria-rowindex="${at}"]`).waitFor();
    }
  });
});

/**
 * What was selected stands in the panel with the next picture. A browser that draws by software
 * beside other work may leave one out, and tells nobody: then there is nothing to wait for.
 */
async function nextPicture(page: Page): Promise<void> {
  await page.evaluate(`Promise.race([
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    new Promise((done) => setTimeout(done, ${PICTURE_MS_MAX})),
  ])`);
}

/** Along each replica's lane, as it lies where the picture is flat; in space as good as any others. */
async function places(page: Page): Promise<readonly { readonly x: number; readonly y: number }[]> {
  const box = (await page.locator("#canvas").boundingBox())!;
  const labels = await page.locator(".lane-label[data-role=replica]").all();
  const found: { x: number; y: number }[] = [];
  for (const label of labels) {
    const { y, height } = (await label.boundingBox())!;
    for (const share of [0.25, 0.4, 0.55, 0.7]) {
      found.push({ x: box.x + box.width * share, y: y + height / 2 });
    }
  }
  return found;
}

/** A live page of one event, whose entry has a receipt, and of nodes that say something of themselves. */
async function liveCluster(): Promise<{ readonly url: string; readonly entry: object }> {
  const cluster = await FakeCluster.start();
  onTestFinished(() => cluster.close());
  const client = await connect({ genesis: cluster.genesis });
  await eventually(() => client.status().replicas.every(({ connected }) => connected));
  cluster.push();
  const receipt = (await client.get("space", "name")).receipt();
  await client.close();
  const { genesis } = cluster;
  const entry = {
    receipt: Buffer.from(receipt).toString("base64"),
    genesis: typeof genesis === "string" ? genesis : JSON.stringify(genesis),
  };
  const hub = new LiveHub(encodeRecordingHeader({ ...generatedHeader(TAPE), origin: "live" }));
  const server = new ViewerServer({ host: "127.0.0.1", port: 0 }, new StaticSite(), hub);
  const url = await server.listen();
  onTestFinished(() => server.close());
  const writer = new JournalWriter();
  const now = Date.now();
  for (const event of writtenEntry(now)) writer.add(event);
  hub.publish(writer.flush()!.slice(), 2);
  for (const [round, count] of [0, 5].entries()) {
    const values = { cpuSeconds: round, memoryBytes: 1e8, "door hits:nix": count };
    hub.tellNodes([{ name: "gateway-0", atMs: now - 2000 + round * 1000, values }]);
  }
  return { url, entry };
}

function writtenEntry(now: number): JournalEvent[] {
  const author = { name: "replica-0", incarnation: 1 };
  const of = (sequence: number, kind: JournalEvent["kind"], detail: object): JournalEvent => ({
    id: { author, sequence },
    hlc: { milliseconds: now + sequence, counter: 0 },
    ...{ kind, parents: [], detail: { sequence: 1, ...detail } },
  });
  return [
    of(1, "executed", { sets: 1, writes: 1, keys: `space/${KEY}` }),
    of(2, "certified", { epoch: 0, signers: "0 1 2" }),
  ];
}

interface Pointable {
  readonly id: string;
  readonly tag: string;
  readonly isFocusable: boolean;
}

/** Every element that listens to a pointer itself, whatever made it do so. */
async function pointable(session: CDPSession): Promise<Pointable[]> {
  await session.send("DOM.enable");
  const { result } = await session.send("Runtime.evaluate", { expression: "document.body" });
  const { listeners } = await session.send("DOMDebugger.getEventListeners", {
    ...{ objectId: result.objectId as string, depth: -1 },
  });
  const nodes = new Set(
    listeners
      .filter(({ type }) => /^(?:click|pointerdown|mousedown)$/.test(type))
      .map(({ backendNodeId }) => backendNodeId),
  );
  const found: Pointable[] = [];
  for (const backendNodeId of nodes) {
    if (backendNodeId === undefined) continue;
    const { object } = await session.send("DOM.resolveNode", { backendNodeId });
    const { result: told } = await session.send("Runtime.callFunctionOn", {
      objectId: object.objectId as string,
      functionDeclaration: `function () {
        return { id: this.id, tag: this.tagName, isFocusable: this.tabIndex >= 0 || this.matches('[role="tab"]') };
      }`,
      returnByValue: true,
    });
    found.push(told.value as Pointable);
  }
  return found;
}
