import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SKEWED_CLOCK } from "../cluster/programs.ts";
import { named } from "./fault.ts";
import type { Fault } from "./fault.ts";

export interface ClockOptions {
  readonly kind: string;
  /** Which replicas; by index, for their processes must be started for it. */
  readonly of: readonly number[];
  /** What their clocks say, one after another while the fault lasts. */
  readonly settings: readonly ClockSetting[];
  /** From one setting to the next; absent: the first one stays. */
  readonly everyMs?: number;
}

export interface ClockSetting {
  readonly offsetSeconds: number;
  /** Of the true pace; absent: 1. */
  readonly rate?: number;
}

const TRUE: ClockSetting = { offsetSeconds: 0 };
const LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];

/**
 * What a replica believes to be the time, while it runs. By libfaketime where it is there, else by a
 * module that is loaded before the program. The machine's clock is never touched, nor is the
 * monotonic one.
 */
export function clockFault({ kind, of, settings, everyMs }: ClockOptions): Fault {
  const library = fakeTimeLibrary();
  let timer: NodeJS.Timeout | undefined;
  const files = new Map<number, string>();
  const set = (setting: ClockSetting): void => {
    for (const file of files.values()) writeFileSync(file, textOf(setting, library !== undefined));
  };
  return {
    kind,
    available: () => undefined,
    prepare({ cluster, ledger }) {
      for (const index of of) {
        const file = join(ledger.folder, `clock-${index}`);
        files.set(index, file);
        const settings = cluster.settings[index]!;
        if (library === undefined) {
          settings.nodeOptions = ["--import", SKEWED_CLOCK];
          settings.environment = { ...settings.environment, QUORATE_CHAOS_CLOCK: file };
        } else {
          settings.environment = { ...settings.environment, ...fakeTime(library, file) };
        }
      }
      set(TRUE);
      return Promise.resolve();
    },
    inject() {
      let turn = 0;
      set(settings[0]!);
      if (everyMs !== undefined) {
        timer = setInterval(() => set(settings[++turn % settings.length]!), everyMs);
      }
      return Promise.resolve();
    },
    heal() {
      clearInterval(timer);
      set(TRUE);
      return Promise.resolve();
    },
    describe: () =>
      `the clock of ${named(of)}: ${settings.map(sayClock).join(", ")}` +
      `${everyMs === undefined ? "" : ` in turn, every ${everyMs} ms`} ` +
      `by ${library === undefined ? "a preloaded module (emulated)" : "libfaketime"}`,
  };
}

function fakeTimeLibrary(): string | undefined {
  for (const folder of LIBRARY_FOLDERS) {
    const library = `${folder}/faketime/libfaketimeMT.so.1`;
    if (existsSync(library)) return library;
  }
  return undefined;
}

function fakeTime(library: string, file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    FAKETIME_NO_CACHE: "1",
  };
}

/** libfaketime's own notation, or JSON for the module. */
function textOf(setting: ClockSetting, isLibrary: boolean): string {
  if (!isLibrary) return JSON.stringify(setting);
  const { offsetSeconds, rate } = setting;
  const offset = `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}`;
  return rate === undefined ? `${offset}\n` : `${offset} x${rate}\n`;
}

function sayClock({ offsetSeconds, rate }: ClockSetting): string {
  return `${offsetSeconds} s${rate === undefined ? "" : ` at ${rate} times the pace`}`;
}
