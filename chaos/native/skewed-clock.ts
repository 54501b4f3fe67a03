import { readFileSync, statSync } from "node:fs";

/**
 * Loaded by `node --import` before a replica's program where there is no libfaketime: the time of
 * day becomes what a file says, `{"offsetSeconds":10,"rate":1.5}`, looked at as it changes.
 */
const file = process.env["QUORATE_CHAOS_CLOCK"];
const trueNow = Date.now;
const LOOK_EVERY_MS = 20;

let offsetMs = 0;
let rate = 1;
let sinceMs = trueNow();
let lookedMs = 0;
let changedMs = 0;

function look(path: string): void {
  try {
    const { mtimeMs } = statSync(path);
    if (mtimeMs === changedMs) return;
    const setting = JSON.parse(readFileSync(path, "utf8")) as {
      readonly offsetSeconds: number;
      readonly rate?: number;
    };
    changedMs = mtimeMs;
    offsetMs = setting.offsetSeconds * 1000;
    rate = setting.rate ?? 1;
    sinceMs = trueNow();
  } catch {
    // Half a file: the next look sees all of it.
  }
}

if (file !== undefined) {
  Date.now = () => {
    const now = trueNow();
    if (now - lookedMs >= LOOK_EVERY_MS) {
      lookedMs = now;
      look(file);
    }
    return Math.round(sinceMs + (now - sinceMs) * rate + offsetMs);
  };
}
