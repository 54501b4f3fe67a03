import type { Page } from "playwright-core";
import type { Outcome } from "../simulation/run-seed.ts";
import { Chromium } from "./chromium.ts";
import type { SimulatorPage } from "./pages/simulator-page.ts";

/** After so many seeds a page is opened anew, so that it does not keep the garbage of all. */
const SEEDS_PER_PAGE = 50;

/** Runs seeds in a browser, one at a time. */
export class SeedsInChromium {
  readonly #chromium: Chromium;
  #page: Page | undefined;
  #runCount = 0;

  private constructor(chromium: Chromium) {
    this.#chromium = chromium;
  }

  /** @throws QuorateError BROWSER_MISSING */
  static async open(): Promise<SeedsInChromium> {
    return new SeedsInChromium(await Chromium.open());
  }

  async run(seed: number): Promise<Outcome> {
    if (this.#runCount++ % SEEDS_PER_PAGE === 0) {
      await this.#page?.close();
      this.#page = await this.#chromium.page("simulator-page");
    }
    const page = this.#page as Page;
    return page.evaluate(
      (seed) => (globalThis as unknown as { quorate: SimulatorPage }).quorate.runSeed(seed),
      seed,
    );
  }

  close(): Promise<void> {
    return this.#chromium.close();
  }
}
