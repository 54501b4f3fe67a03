import { InvalidArgumentError } from "commander";

const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const AGE_UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "500MiB", "10GiB", or bytes. */
export function parseSize(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,12})([KMGT]iB)?$/.exec(text) ?? [];
  const bytes = Number(digits) * (SIZE_UNITS[unit] ?? Number.NaN);
  if (digits !== "" && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("A size is like 500MiB or 10GiB.");
}

/** "30d", "12h", "90m", "45s", in milliseconds. */
export function parseAge(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (AGE_UNITS_MS[unit] ?? Number.NaN);
  if (digits !== "" && ms > 0 && Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError("An age is like 30d or 12h.");
}

/** "0.1" */
export function parseShare(text: string): number {
  const share = /^(?:0?\.\d{1,6}|[01](?:\.0{1,6})?)$/.test(text) ? Number(text) : Number.NaN;
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError("A share is above 0 and at most 1, like 0.1.");
}

/** For people, in the unit that leaves one to four digits. */
export function sizeText(bytes: number): string {
  let unit = "";
  let amount = bytes;
  for (const [name, size] of Object.entries(SIZE_UNITS)) {
    if (bytes < size) break;
    [unit, amount] = [name, bytes / size];
  }
  return unit === ""
    ? `${bytes} B`
    : `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

export function ageText(ms: number): string {
  let text = `${Math.round(ms / 1000)} s`;
  for (const [unit, size] of [
    ["h", 3_600_000],
    ["days", 86_400_000],
  ] as const) {
    if (ms >= 2 * size) text = `${Math.round(ms / size)} ${unit}`;
  }
  return text;
}
