import type { Obligation } from "../../proof/frame/obligation.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { judged } from "../../proof/frame/stop.ts";
import { decodePayload as decodeFormula } from "../../proof/cnf/canonical/payload.ts";
import { CNF_1_ID, CNF_BUDGET } from "../../proof/cnf/cnf-1.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import { PROOF_BUDGET } from "../../proof/metamath/metamath-1.ts";
import { decodePayload as decodeStatement } from "../../proof/metamath/payload.ts";
import { TokenTable } from "../../proof/metamath/token-table.ts";

/** Known obligations that are looked at: reading is cheap, and nearness is a hint. */
const LINES_COMPARED_MAX = 20_000;

export interface NearMiss {
  /** Of the known ones the nearest; undefined: none of this kind is known. */
  readonly nearest: Obligation | undefined;
  /** Lines of the canonical text that they share, of all lines of the longer one. */
  readonly shared: number;
  readonly lines: number;
  readonly firstDifference: FirstDifference | undefined;
}

export interface FirstDifference {
  /** From 1. */
  readonly line: number;
  /** Undefined: the text has ended. */
  readonly asked: string | undefined;
  readonly known: string | undefined;
}

/**
 * Why nothing was known: the known obligation whose canonical text has most lines in common with the
 * asked one's, and the first line in which they differ. A hint for people.
 */
export function explainMiss(asked: Obligation, known: Iterable<Obligation>): NearMiss {
  const lines = canonicalLines(asked);
  let best: { obligation: Obligation; lines: readonly string[]; shared: number } | undefined;
  for (const obligation of known) {
    if (obligation.kind !== asked.kind) continue;
    const others = canonicalLines(obligation);
    const shared = countShared(lines, others);
    if (
      best === undefined ||
      nearness(shared, others, lines) > nearness(best.shared, best.lines, lines)
    )
      best = { obligation, lines: others, shared };
  }
  return {
    nearest: best?.obligation,
    shared: best?.shared ?? 0,
    lines: Math.max(lines.length, best?.lines.length ?? 0),
    firstDifference: best && firstDifference(lines, best.lines),
  };
}

/** One line for each clause, or for each part of a statement. */
export function canonicalLines({ kind, payload }: Obligation): readonly string[] {
  const result = judged(() => {
    if (kind === CNF_1_ID) return formulaLines(payload);
    if (kind === METAMATH_1) return statementLines(payload);
    return [];
  });
  return result.status === "accept" ? result.value : [];
}

function formulaLines(payload: Uint8Array): readonly string[] {
  const { variableCount, literals, starts } = decodeFormula(payload, new Meter(CNF_BUDGET));
  const lines = [`p cnf ${variableCount} ${starts.length - 1}`];
  for (let clause = 0; clause + 1 < starts.length && clause < LINES_COMPARED_MAX; clause++) {
    const words = Array.from(
      literals.subarray(starts[clause], starts[clause + 1]),
      (literal) => (literal & 1 ? -1 : 1) * ((literal >>> 1) + 1),
    );
    lines.push(words.join(" "));
  }
  return lines;
}

function statementLines(payload: Uint8Array): readonly string[] {
  const meter = new Meter(PROOF_BUDGET);
  const tokens = new TokenTable(meter);
  const statement = decodeStatement(payload, tokens, meter);
  const text = (symbols: readonly number[]): string =>
    symbols.map((symbol) => (symbol < 0 ? `v${~symbol}` : tokens.textOf(symbol))).join(" ");
  return [
    text(statement.conclusion),
    ...statement.essentials.map((essential) => `if ${text(essential)}`),
    ...statement.typecodes.map((typecode, index) => `v${index} is ${tokens.textOf(typecode)}`),
    ...statement.pairs.map(([left, right]) => `v${left} and v${right} are distinct`),
  ];
}

function countShared(lines: readonly string[], others: readonly string[]): number {
  const known = new Set(others);
  return lines.filter((line) => known.has(line)).length;
}

function nearness(shared: number, one: readonly string[], other: readonly string[]): number {
  const sizes = Math.abs(one.length - other.length);
  return shared / Math.max(one.length, other.length, 1) - sizes / (1e3 * (sizes + 1));
}

function firstDifference(
  asked: readonly string[],
  known: readonly string[],
): FirstDifference | undefined {
  const at = Array.from({ length: Math.max(asked.length, known.length) }).findIndex(
    (_, index) => asked[index] !== known[index],
  );
  return at < 0 ? undefined : { line: at + 1, asked: asked[at], known: known[at] };
}
