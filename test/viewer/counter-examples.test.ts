import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openBrowser, openPage, untilDrawn } from "../../bench/harness/viewer-page.ts";
import { serveFile } from "./served-tape.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

const LIMITS = { timeout: 300_000 };
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDER = join(root, "docs", "counter-examples");
/** What each one violates, as docs/counter-examples/README.md says it. */
const VIOLATIONS: readonly (readonly [name: string, what: string])[] = [
  ["confirmed-by-one", "by 1 of 2 operators"],
  ["gaps-not-filled", "not 2"],
  ["no-acknowledgements-needed", "takes a set that 0 acknowledged"],
  ["one-signer-counts-often", "only 1 authors"],
];

describe.skipIf(NO_BROWSER)(`shrunk counter-examples in a real browser${SKIPPED}`, LIMITS, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, LIMITS.timeout);
  afterAll(() => browser.close());

  it("are all here", () => {
    const recordings = readdirSync(FOLDER).filter((name) => name.endsWith(".qjournal"));
    expect(recordings.sort()).toEqual(VIOLATIONS.map(([name]) => `${name}.qjournal`));
  });

  it.each(VIOLATIONS)("%s opens from a link, one key leads to: %s", async (file, what) => {
    const served = await serveFile(join(FOLDER, `${file}.qjournal`));
    onTestFinished(() => served.close());
    // The link that a person sends on: an address, and what differs from the usual view.
    const { page, errors } = await openPage(browser, `${served.url}#mode=flat&detail=high`);
    onTestFinished(() => page.close());
    await untilDrawn(page);
    const panel = page.locator("#panel-event");
    const title = panel.locator("h2");
    await page.keyboard.press("e");
    // What proves a liar comes first, where there is something.
    await title.filter({ hasText: /evidence|violation/ }).waitFor();
    if ((await title.innerText()).includes("evidence")) await page.keyboard.press("e");
    await title.filter({ hasText: "violation" }).waitFor();
    expect(await panel.innerText()).toContain(what);
    // And the link to the violation itself is in the address bar by then.
    const name = new URLSearchParams({ event: await panel.locator(".sub").first().innerText() });
    await expect.poll(() => page.url(), LIMITS).toContain(String(name));
    const link = page.url();
    await page.goto("about:blank");
    await page.goto(link);
    await title.filter({ hasText: "violation" }).waitFor();
    expect(await panel.innerText()).toContain(what);
    expect(errors).toEqual([]);
  });
});
