import type { Figures, Phases } from "./figures.ts";

export const RESULT_FORMAT = "quorate-chaos/1";

export interface Verdict {
  readonly name: string;
  readonly holds: boolean;
  /** What was counted, or what was wrong. */
  readonly detail: string;
}

export interface MarkResult {
  readonly figure: string;
  readonly value: number;
  readonly most?: number;
  readonly least?: number;
  readonly met: boolean;
}

/** One repetition, as result.json in its folder. */
export interface Result {
  readonly format: typeof RESULT_FORMAT;
  readonly experiment: string;
  readonly seed: number;
  /** held: every verdict does. failed: one does not. not run: see `why`. */
  readonly status: "held" | "failed" | "not run";
  readonly why?: string;
  readonly tier: string;
  readonly replicaCount: number;
  readonly at: string;
  readonly faults: readonly { readonly kind: string; readonly what: string }[];
  readonly verdicts: readonly Verdict[];
  readonly marks: readonly MarkResult[];
  readonly phases?: Phases;
  readonly figures?: Figures;
  /** Measured by the faults and by the audit, by name. */
  readonly more: Readonly<Record<string, number>>;
  /** The one line that runs it again. */
  readonly again: string;
}

/** The files of a repetition's folder. docs/chaos-results.md says what is in them. */
export const RESULT_FILE = "result.json";
export const HISTORY_FILE = "history.jsonl";
export const SERIES_FILE = "series.json";
export const JOURNAL_FOLDER = "journal";
