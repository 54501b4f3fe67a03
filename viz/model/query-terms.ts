import type { EventTable } from "./event-table.ts";
import { kindName } from "./kinds.ts";
import { isMotif, motifRows } from "./motifs.ts";
import type { Recording } from "./recording.ts";

export interface Term {
  readonly negated: boolean;
  readonly field: string;
  readonly operator: ":" | "=" | ">" | "<" | ">=" | "<=";
  readonly value: string;
}

export type RowTest = (row: number) => boolean;

export function compileTerm(recording: Recording, term: Term): RowTest {
  const test = compilePositive(recording, term);
  return term.negated ? (row) => !test(row) : test;
}

/** Other words for the same field: people type what they think of first. */
const ALIASES: Readonly<Record<string, string>> = {
  kind: "type",
  author: "lane",
  replica: "lane",
  client: "lane",
  gateway: "lane",
  seq: "sequence",
  slot: "sequence",
  latency: "latencyms",
  by: "lane",
};

function compilePositive(recording: Recording, term: Term): RowTest {
  const { table } = recording;
  const field = ALIASES[term.field] ?? term.field;
  switch (field) {
    case "any":
      return anyText(table, term.value);
    case "type":
      return kindTest(table, term.value);
    case "lane":
      return laneTest(table, term);
    case "motif":
      return motifTest(recording, term.value);
    case "depth":
      return compareTest(term, (row) => recording.index.depth[row]);
    case "parents":
      return compareTest(term, (row) => table.parentCount.at(row));
    case "time":
      return compareTest(term, (row) => table.time.at(row) - recording.index.from);
    case "key":
      return keyTest(table, term);
    default:
      return detailTest(table, field, term);
  }
}

/** An event's own key, or one of those that a sequence wrote: "namespace/0123… namespace/…". */
function keyTest(table: EventTable, term: Term): RowTest {
  const own = detailTest(table, "key", term);
  if (term.operator !== ":" && term.operator !== "=") return own;
  const pattern = wildcard(term.value);
  const isOneOf = memoize((text) =>
    text.split(" ").some((word) => pattern.test(word) || pattern.test(word.split("/")[1] ?? "")),
  );
  return (row) => {
    if (own(row)) return true;
    const keys = table.detailValueOf(row, "keys");
    return typeof keys === "string" && isOneOf(keys);
  };
}

/** A kind of event, or the type of the frames that were sent or received. */
function kindTest(table: EventTable, value: string): RowTest {
  const matches = memoize((text) => wildcard(value).test(text));
  return (row) => {
    if (matches(kindName(table.kind.at(row)))) return true;
    const type = table.detailValueOf(row, "type");
    return typeof type === "string" && matches(type);
  };
}

const ROLES: ReadonlySet<string> = new Set(["replica", "client", "gateway"]);

/** `replica:2` is replica-2, `gateway:0` gateway-0; a whole name or a wildcard does as well. */
function laneTest(table: EventTable, { field, value }: Term): RowTest {
  const prefix = ROLES.has(field) ? field : "replica";
  const pattern = wildcard(/^\d+$/.test(value) ? `${prefix}-${value}` : value);
  const wanted = table.authors.lanes.map(
    ({ name, role }) => pattern.test(name) && (role === field || !ROLES.has(field)),
  );
  return (row) => wanted[table.lane.at(row)] === true;
}

function motifTest(recording: Recording, value: string): RowTest {
  if (!isMotif(value)) return () => false;
  const rows = motifRows(recording, value);
  return (row) => rows.has(row);
}

function detailTest(table: EventTable, field: string, term: Term): RowTest {
  const name = detailName(table, field);
  if (name === undefined) return () => false;
  const byOrder = term.operator !== ":" && term.operator !== "=";
  if (byOrder) {
    return compareTest(term, (row) => {
      const value = table.detailValueOf(row, name);
      return typeof value === "number" ? value : undefined;
    });
  }
  const matches = memoize((text) => wildcard(term.value).test(text));
  return (row) => {
    const value = table.detailValueOf(row, name);
    return value !== undefined && matches(String(value));
  };
}

/** Names are matched without regard to case, since `latencyMs` is typed in many ways. */
function detailName(table: EventTable, field: string): string | undefined {
  if (table.strings.find(field) !== 0) return field;
  return table.strings.all().find((text) => text.length < 32 && text.toLowerCase() === field);
}

function anyText(table: EventTable, value: string): RowTest {
  const pattern = wildcard(value.includes("*") ? value : `*${value}*`);
  const matches = memoize((text) => pattern.test(text));
  return (row) => {
    if (matches(kindName(table.kind.at(row))) || matches(table.laneName(table.lane.at(row)))) {
      return true;
    }
    return Object.values(table.detailOf(row)).some((detail) => matches(String(detail)));
  };
}

function compareTest(term: Term, read: (row: number) => number | undefined): RowTest {
  const wanted = numberOf(term.value);
  return (row) => {
    const value = read(row);
    if (value === undefined || Number.isNaN(value)) return false;
    switch (term.operator) {
      case ">":
        return value > wanted;
      case "<":
        return value < wanted;
      case ">=":
        return value >= wanted;
      case "<=":
        return value <= wanted;
      default:
        return value === wanted;
    }
  };
}

/** "50ms", "2s" or a bare number. */
function numberOf(text: string): number {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s)?$/.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * (match[2] === "s" ? 1000 : 1);
}

function wildcard(value: string): RegExp {
  const escaped = value.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "i");
}

/** Few different texts stand in many rows. */
function memoize(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let verdict = known.get(text);
    if (verdict === undefined) {
      verdict = test(text);
      known.set(text, verdict);
    }
    return verdict;
  };
}
