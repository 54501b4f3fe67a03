import { CHROMIUM } from "../../bench/harness/viewer-page.ts";

export const NO_BROWSER: boolean = CHROMIUM === undefined;

/** Ends the title of what is skipped for that, and says how to get one. */
export const SKIPPED: string = NO_BROWSER ? " skipped: chromium: apt-get install chromium" : "";
