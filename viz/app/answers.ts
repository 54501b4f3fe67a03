import { parseEventName } from "../../base/journal/journal-event.ts";
import { coneOf, criticalPath } from "../model/causality.ts";
import type { Cone } from "../model/causality.ts";
import { NONE } from "../model/event-table.ts";
import { matchRows, parseQuery } from "../model/query.ts";
import type { QueryError } from "../model/query.ts";
import type { Recording } from "../model/recording.ts";
import type { ViewState } from "./view-state.ts";

/** What the view's questions come to on this recording. */
export interface Answers {
  readonly selectedRow: number | undefined;
  readonly cone: Cone | undefined;
  readonly path: readonly number[];
  /** Of the search; undefined when nothing is searched for. */
  readonly mask: Uint8Array | undefined;
  readonly matchCount: number;
  readonly queryError: QueryError | undefined;
  /** What is lit; the rest is dimmed. */
  readonly focus: ReadonlySet<number> | undefined;
}

/** Beyond this the lit set is not made: so many matches are not a needle any more, they are the hay. */
const FOCUS_ROWS_MAX = 200_000;

/** Keeps the last answers, since most changes of the view ask nothing new. */
export class AnswerDesk {
  #key = "";
  #recording: Recording | undefined;
  #answers: Answers | undefined;

  of(recording: Recording, state: ViewState): Answers {
    const { selected, cone, query } = state;
    const key = `${recording.version} ${selected ?? ""} ${cone} ${query}`;
    if (this.#answers === undefined || this.#key !== key || this.#recording !== recording) {
      this.#answers = answer(recording, state);
      this.#key = key;
      this.#recording = recording;
    }
    return this.#answers;
  }
}

function answer(recording: Recording, state: ViewState): Answers {
  const selectedRow = rowNamed(recording, state.selected);
  const cone =
    selectedRow === undefined || !state.cone ? undefined : coneOf(recording, selectedRow);
  const path = selectedRow === undefined || !state.cone ? [] : criticalPath(recording, selectedRow);
  const parsed = parseQuery(state.query);
  const searched = parsed.ok && state.query.trim() !== "";
  const { mask, count } = searched
    ? matchRows(recording, parsed.test(recording))
    : { mask: undefined, count: recording.table.count };
  return {
    selectedRow,
    cone,
    path,
    mask,
    matchCount: count,
    queryError: parsed.ok ? undefined : parsed.error,
    focus: cone === undefined ? focusOf(mask, count) : coneRows(cone),
  };
}

/** Undefined when no event of this recording bears the name, or none is asked for. */
export function rowNamed(recording: Recording, name: string | undefined): number | undefined {
  const id = name === undefined ? undefined : parseEventName(name);
  if (id === undefined) return undefined;
  const row = recording.table.rowOf(id);
  return row === NONE ? undefined : row;
}

function coneRows(cone: Cone): ReadonlySet<number> {
  return new Set([cone.row, ...cone.ancestors, ...cone.descendants]);
}

function focusOf(mask: Uint8Array | undefined, count: number): ReadonlySet<number> | undefined {
  if (mask === undefined || count > FOCUS_ROWS_MAX) return undefined;
  const rows = new Set<number>();
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows.add(row);
  return rows;
}
