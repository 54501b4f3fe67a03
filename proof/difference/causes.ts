import type { Region } from "./regions.ts";

/** Why two honest builds differ, and what remains when none of it explains a difference. */
export type Cause =
  | "timestamp"
  | "absolute path"
  | "order"
  | "random seed"
  | "input outside the key"
  | "poisoning";

export interface Explained {
  readonly cause: Cause;
  /** The text around the difference, unprintable bytes as <hex>. */
  readonly left: string;
  readonly right: string;
}

const CONTEXT_SIZE = 256;
const SHOWN_SIZE_MAX = 120;

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const CLOCK = "\\d{2}:\\d{2}:\\d{2}(?:[.,]\\d{1,9})?";
const TIMES = new RegExp(
  [
    `\\d{4}-\\d{2}-\\d{2}(?:[T ]${CLOCK})?(?:Z|[+-]\\d{2}:?\\d{2})?`,
    `(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?${MONTH} [ \\d]\\d (?:${CLOCK} )?\\d{4}`,
    `(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?\\d{1,2} ${MONTH} \\d{4}(?: ${CLOCK})?`,
    CLOCK,
    "(?<![\\w.])[12]\\d{9}(?:\\d{3}|\\d{6}|\\d{9})?(?![\\w.])",
  ].join("|"),
  "g",
);
const PATHS = /(?:[A-Za-z]:)?(?:[/\\][\w.+@~ -]*[\w.+@~-]){2,}[/\\]?/g;
const TOKENS =
  /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9A-Fa-f])[0-9A-Fa-f]{8,}(?![0-9A-Fa-f])|(?<!\w)(?=\w*\d)[A-Za-z0-9]{12,}(?!\w)/gi;
const SETTINGS =
  /\d+(?:\.\d+)+(?:[-+~.]\w[\w.+~-]*)?|[\w.-]+@[\w.-]+|\b[A-Z][A-Z0-9_]{2,}=[^\s"']*|\b(?:host|user|machine|jobs|locale|lang)(?:name)?["']?\s*[:=]\s*["']?[\w.-]+/gi;

const RULES: readonly (readonly [Cause, readonly RegExp[]])[] = [
  ["timestamp", [TIMES]],
  ["absolute path", [PATHS]],
  ["absolute path", [TIMES, PATHS]],
  ["random seed", [TOKENS]],
  ["random seed", [TIMES, PATHS, TOKENS]],
  ["input outside the key", [TIMES, SETTINGS]],
  ["input outside the key", [TIMES, PATHS, TOKENS, SETTINGS]],
];

/** What a difference comes from, by the text or number that it is a part of. */
export function explain(left: Uint8Array, right: Uint8Array, region: Region): Explained {
  const texts = [around(left, region.left), around(right, region.right)] as const;
  const shown = {
    left: texts[0].slice(0, SHOWN_SIZE_MAX),
    right: texts[1].slice(0, SHOWN_SIZE_MAX),
  };
  for (const [cause, patterns] of RULES) {
    if (plain(texts[0], patterns) === plain(texts[1], patterns)) return { cause, ...shown };
  }
  if (isBinaryTime(left, right, region)) return { cause: "timestamp", ...shown };
  return { cause: "poisoning", ...shown };
}

/** With each match of each pattern replaced by one and the same sign. */
function plain(text: string, patterns: readonly RegExp[]): string {
  return patterns.reduce((rest, pattern, at) => rest.replaceAll(pattern, `\u0001${at}`), text);
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f;
}

/** The region and the printable text that it stands in. */
function around(bytes: Uint8Array, [from, to]: readonly [number, number]): string {
  let start = from;
  while (start > 0 && from - start < CONTEXT_SIZE && isPrintable(bytes[start - 1])) start--;
  let end = to;
  while (end - to < CONTEXT_SIZE && isPrintable(bytes[end])) end++;
  let text = "";
  for (const byte of bytes.subarray(start, Math.min(end, start + 16 * CONTEXT_SIZE))) {
    text += isPrintable(byte) ? String.fromCharCode(byte) : `<${byte.toString(16)}>`;
  }
  return text;
}

const YEAR_MS = 366 * 24 * 60 * 60 * 1000;
/** 2001 to 2100. */
const TIME_MS_MIN = 978_307_200_000;
const TIME_MS_MAX = 4_102_444_800_000;
/** Milliseconds in one unit of the clocks that programs write down, by the number's size. */
const CLOCKS: readonly (readonly [size: 4 | 8, unitMs: number])[] = [
  [4, 1000],
  [8, 1000],
  [8, 1],
  [8, 1e-3],
  [8, 1e-6],
];

/** Both are times as programs write them down, where they would, within a year of each other. */
function isBinaryTime(left: Uint8Array, right: Uint8Array, region: Region): boolean {
  const [from, to] = region.left;
  if (from !== region.right[0] || to !== region.right[1] || to - from > 8) return false;
  return CLOCKS.some(([size, unitMs]) => {
    for (let at = 4 * Math.ceil(Math.max(0, to - size) / 4); at <= from; at += 4) {
      if (at + size > Math.min(left.length, right.length)) break;
      // Letters look like the twenties of this century.
      if ([left, right].some((bytes) => bytes.subarray(at, at + size).every(isPrintable))) continue;
      for (const isLittle of [true, false]) {
        const times = [left, right].map((bytes) => unitMs * numberAt(bytes, at, size, isLittle));
        const areTimes = times.every((time) => time > TIME_MS_MIN && time < TIME_MS_MAX);
        if (areTimes && Math.abs(times[0]! - times[1]!) < YEAR_MS) return true;
      }
    }
    return false;
  });
}

function numberAt(bytes: Uint8Array, at: number, size: 4 | 8, isLittle: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return size === 4 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));
}
