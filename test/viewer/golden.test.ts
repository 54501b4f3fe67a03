import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { openBrowser, openPage, untilDrawn } from "../../bench/harness/viewer-page.ts";
import { serveTape } from "./served-tape.ts";
import { NO_BROWSER, SKIPPED } from "./no-browser.ts";

/** Generous: no test here says how fast anything is. */
const LIMITS = { timeout: 300_000 };
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "golden");
/** After a wanted change of the picture: GOLDEN=write npx vitest run test/viewer/golden.test.ts */
const WRITE = process.env["GOLDEN"] === "write";

const BASE: TapeOptions = { memberCount: 4, clientCount: 3, instanceCount: 24, seed: 1 };

const TAPES: readonly (readonly [name: string, options: TapeOptions, hash: string])[] = [
  ["normal-case", BASE, ""],
  [
    "view-change",
    { ...BASE, seed: 2, troubles: [{ at: 12, what: "kill-primary" }] },
    "&q=type:view-change or type:new-view",
  ],
  [
    "equivocation",
    { ...BASE, memberCount: 7, seed: 3, troubles: [{ at: 9, what: "equivocate" }] },
    "&theme=light",
  ],
  [
    "stuck-flat",
    { ...BASE, seed: 4, troubles: [{ at: 14, what: "cut-off", member: 1 }] },
    "&mode=flat&event=replica-0%231%3A60",
  ],
  [
    "many",
    { ...BASE, memberCount: 10, clientCount: 8, instanceCount: 200, seed: 5 },
    "&axis=order",
  ],
];

describe.skipIf(NO_BROWSER)(`pictures of fixed tapes${SKIPPED}`, LIMITS, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, LIMITS.timeout);
  afterAll(() => browser.close());

  it.each(TAPES)("%s: not one pixel differs", async (name, options, hash) => {
    const picture = await draw(browser, options, hash);
    const path = join(FOLDER, `${name}.png`);
    if (WRITE) writeFileSync(path, picture);
    expect(existsSync(path), `${path} is there`).toBe(true);
    const golden = readFileSync(path);
    if (!picture.equals(golden)) {
      const differing = await countDiffering(browser, picture, golden);
      expect(differing, `pixels that differ from ${path}`).toBe(0);
    }
    const again = await draw(browser, options, hash);
    expect(await countDiffering(browser, picture, again)).toBe(0);
  });
});

/** The canvas as the page itself exports it: no text, so no font of this machine is in it. */
async function draw(browser: Browser, options: TapeOptions, hash: string): Promise<Buffer> {
  const tape = await serveTape(options);
  const { page } = await openPage(browser, `${tape.url}#detail=low${hash}`, {
    viewport: { width: 900, height: 520 },
  });
  try {
    await untilDrawn(page);
    await page.locator("#export-menu summary").click();
    const saving = page.waitForEvent("download");
    await page.locator("#export-png").click();
    return readFileSync(await (await saving).path());
  } finally {
    await page.close();
    await tape.close();
  }
}

/** Decoded by the browser, so that another encoder's bytes are no difference. */
async function countDiffering(browser: Browser, left: Buffer, right: Buffer): Promise<number> {
  const page = await browser.newPage();
  try {
    const script = `(async () => {
      const pixels = async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      };
      const [left, right] = [await pixels("${left.toString("base64")}"), await pixels("${right.toString("base64")}")];
      if (left.length !== right.length) return Infinity;
      return left.reduce((count, pixel, at) => count + (pixel === right[at] ? 0 : 1), 0);
    })()`;
    return (await page.evaluate(script)) as number;
  } finally {
    await page.close();
  }
}
