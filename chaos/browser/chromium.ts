import { existsSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { QuorateError } from "../../base/quorate-error.ts";
import { bundlePage } from "./bundle-page.ts";
import type { PageName } from "./bundle-page.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Answered by the driver itself; https, so that the page counts as safe and has WebCrypto. */
const ADDRESS = "https://quorate.invalid/";

export function chromiumPath(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

/** A browser without a window, in which pages of this folder are opened. */
export class Chromium {
  readonly #browser: Browser;
  readonly #scripts = new Map<PageName, Promise<string>>();

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** @throws QuorateError BROWSER_MISSING */
  static async open(): Promise<Chromium> {
    const executablePath = chromiumPath();
    const chromium = await import("playwright-core").then(
      (module) => module.chromium,
      () => undefined,
    );
    if (executablePath === undefined || chromium === undefined) {
      throw new QuorateError(
        "BROWSER_MISSING",
        "there is no Chromium, or not what drives it",
        "from a checkout: `npm ci`, and `npm run packages` or `apt-get install chromium`",
      );
    }
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    // Who presses Ctrl-C wants to hear what is known so far: its driver would end the process.
    const handled = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    const browser = await chromium.launch({ executablePath, args, headless: true, ...handled });
    return new Chromium(browser);
  }

  async page(name: PageName): Promise<Page> {
    const script = this.#scripts.get(name) ?? bundlePage(name);
    this.#scripts.set(name, script);
    const content = await script;
    const page = await this.#browser.newPage();
    await page.route(`${ADDRESS}**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Quorate</title>" }),
    );
    await page.goto(ADDRESS);
    await page.addScriptTag({ content });
    return page;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
