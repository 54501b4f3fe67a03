import type { Recording } from "../model/recording.ts";
import type { Window } from "../model/selection.ts";
import { kindName } from "../model/kinds.ts";
import type { ThemeName } from "../scene/themes.ts";
import { kindIcon } from "./mark-icon.ts";
import { formatCount, formatOffset, make, part } from "./page.ts";
import { detailLine } from "./detail-line.ts";

export interface TableView {
  readonly recording: Recording;
  readonly window: Window;
  /** One byte a row; all of them when there is none. */
  readonly filter: Uint8Array | undefined;
  readonly selected: number | undefined;
  readonly theme: ThemeName;
}

const ROW_HEIGHT_PX = 22;
/** Rows beyond the visible ones, so that scrolling does not flash. */
const OVERSCAN = 8;
/** Browsers cut elements off at about 33 million pixels. */
const ROWS_MAX = 1_000_000;

/**
 * Every event of the window as text: what the picture shows, for those who cannot see it or want it
 * exact. Only the rows in sight are in the page.
 */
export class EventTablePanel {
  readonly #scroll = part("table-scroll");
  readonly #table = part("table");
  readonly #body = part("table-body");
  readonly #foot = part("table-foot");
  readonly #onSelect: (row: number) => void;
  #view: TableView | undefined;
  #rows: Uint32Array = new Uint32Array();

  constructor(onSelect: (row: number) => void) {
    this.#onSelect = onSelect;
    this.#scroll.addEventListener("scroll", () => this.#drawRows());
    this.#scroll.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.addEventListener("click", (event) => {
      const row = (event.target as HTMLElement).closest("tr")?.dataset["row"];
      if (row !== undefined) this.#onSelect(Number(row));
    });
  }

  /** Events of the window that match, in order of time. */
  get rowCount(): number {
    return this.#rows.length;
  }

  draw(view: TableView): void {
    const before = this.#view;
    this.#view = view;
    this.#rows = rowsOf(view);
    const { recording } = view;
    this.#foot.textContent =
      `${formatCount(this.#rows.length)} of ${formatCount(recording.table.count)} events` +
      (this.#rows.length === ROWS_MAX ? " (the first million)" : "");
    this.#table.setAttribute("aria-rowcount", String(this.#rows.length));
    if (before?.selected !== view.selected) this.#reveal();
    this.#drawRows();
  }

  #drawRows(): void {
    const view = this.#view;
    if (view === undefined) return;
    const { scrollTop, clientHeight } = this.#scroll;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT_PX) - OVERSCAN);
    const count = Math.ceil((clientHeight || 600) / ROW_HEIGHT_PX) + 2 * OVERSCAN;
    const last = Math.min(this.#rows.length, first + count);
    const rows: HTMLElement[] = [spacer(first)];
    for (let at = first; at < last; at++) rows.push(tableRow(view, this.#rows[at] as number, at));
    rows.push(spacer(this.#rows.length - last));
    this.#body.replaceChildren(...rows);
  }

  #reveal(): void {
    const selected = this.#view?.selected;
    const at = selected === undefined ? -1 : this.#rows.indexOf(selected);
    if (at < 0) return;
    const top = at * ROW_HEIGHT_PX;
    const { scrollTop, clientHeight } = this.#scroll;
    if (top < scrollTop || top > scrollTop + clientHeight - 2 * ROW_HEIGHT_PX) {
      this.#scroll.scrollTop = Math.max(0, top - clientHeight / 2);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 20,
      PageUp: -20,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const step = steps[event.key];
    if (step === undefined || this.#rows.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const selected = this.#view?.selected;
    const now = selected === undefined ? -1 : this.#rows.indexOf(selected);
    const next = Math.min(this.#rows.length - 1, Math.max(0, now + step));
    this.#onSelect(this.#rows[next] as number);
  }
}

function rowsOf({ recording, window, filter }: TableView): Uint32Array {
  const { index } = recording;
  const first = index.placeAt(window.from);
  const last = Math.min(index.placeAt(window.to), first + ROWS_MAX);
  const rows = index.order.subarray(first, last);
  return filter === undefined ? rows : rows.filter((row) => filter[row] === 1);
}

function tableRow(view: TableView, row: number, at: number): HTMLElement {
  const { recording, selected, theme } = view;
  const { table, index } = recording;
  const kind = kindName(table.kind.at(row));
  const look = make("span", { class: "look" }, kindIcon(kind, theme), kind);
  return make(
    "tr",
    {
      data: { row: String(row) },
      attributes: { "aria-selected": String(row === selected), "aria-rowindex": String(at + 1) },
    },
    make("td", { text: formatOffset(table.time.at(row) - index.from) }),
    make("td", { text: table.laneName(table.lane.at(row)) }),
    make("td", {}, look),
    make("td", { class: "mono", text: detailLine(table.detailOf(row)) }),
  );
}

function spacer(rows: number): HTMLElement {
  const row = make("tr", { attributes: { "aria-hidden": "true" } });
  row.style.height = `${rows * ROW_HEIGHT_PX}px`;
  return row;
}
