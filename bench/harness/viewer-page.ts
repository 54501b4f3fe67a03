import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Undefined: tests that need one are skipped, and say how to get it. */
export const CHROMIUM: string | undefined = PLACES.find((path) => existsSync(path));

/**
 * Drawing without a graphics card, asked for by name, so that no later default changes it: pictures
 * are then the same to the pixel from run to run.
 */
const SOFTWARE = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--enable-precise-memory-info",
];

export async function openBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("no Chromium: apt-get install chromium");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: SOFTWARE,
    timeout: PAGE_MS_MAX,
  });
}

/** Longer than anything takes that will come about at all. */
const PAGE_MS_MAX = 120_000;

/** A page whose errors are kept; whoever looks finds none. */
export interface WatchedPage {
  readonly page: Page;
  readonly errors: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 720 },
    colorScheme: "dark",
    ...options,
  });
  // A loaded machine is slow, and no other test of ours says anything about that.
  page.setDefaultTimeout(PAGE_MS_MAX);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** What the stage says of its picture; see Viewer. */
export async function stageFigures(page: Page): Promise<Readonly<Record<string, string>>> {
  return await page.locator("#stage").evaluate(
    // In the page: an element's data attributes.
    (stage) => ({ ...(stage as unknown as { dataset: Record<string, string> }).dataset }),
  );
}

/** Until a recording is drawn. */
export async function untilDrawn(page: Page, timeoutMs = PAGE_MS_MAX): Promise<void> {
  await page.locator("#stage[data-frames]").waitFor({ timeout: timeoutMs });
}
