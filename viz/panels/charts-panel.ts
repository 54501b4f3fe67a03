import type { Figure, Series } from "../model/figures.ts";
import { measure } from "../model/figures.ts";
import type { Tone } from "../model/kinds.ts";
import type { NodeFigures } from "../model/node-figures.ts";
import type { Recording } from "../model/recording.ts";
import type { Window } from "../model/selection.ts";
import { THEMES } from "../scene/themes.ts";
import type { ThemeName } from "../scene/themes.ts";
import { make } from "./page.ts";

const SVG = "http://www.w3.org/2000/svg";
const BIN_COUNT = 60;
const WIDTH = 300;
const HEIGHT = 64;
const PAD = 4;
const TONES: readonly Tone[] = ["green", "orange", "sky", "purple", "vermilion", "yellow", "blue"];
/** Lines are told apart by their dashes as well. */
const DASHES: readonly string[] = ["", "5 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 2 1 2"];

export interface ChartsView {
  readonly recording: Recording;
  /** Of a live cluster; a recording has no such figures. */
  readonly nodes: NodeFigures | undefined;
  readonly window: Window;
  readonly theme: ThemeName;
}

export function drawCharts(
  root: HTMLElement,
  { recording, nodes, window, theme }: ChartsView,
): void {
  const figures = measure(recording, window, BIN_COUNT);
  const own = nodes?.measure(window, BIN_COUNT) ?? [];
  root.replaceChildren(
    ...figures.map((figure) => chart(figure, theme)),
    make("p", { class: "sub", text: "Measured from the events of the window that is shown." }),
    ...own.map((figure) => chart(figure, theme)),
    ...(own.length === 0
      ? []
      : [make("p", { class: "sub", text: "Said by the nodes of themselves, once a second." })]),
  );
}

function chart(figure: Figure, theme: ThemeName): HTMLElement {
  const most = Math.max(
    0,
    ...figure.series.flatMap(({ values }) => [...values].filter(isMeasured)),
  );
  const head = make("h3", { text: figure.name });
  head.append(make("b", { text: most === 0 ? "–" : `up to ${format(most)} ${figure.unit}` }));
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", describe(figure));
  const shown = figure.series.slice(0, TONES.length);
  for (const [at, series] of shown.entries()) {
    picture.append(curve(series, most, THEMES[theme].tones[TONES[at] as Tone], DASHES[at] ?? ""));
  }
  const box = make("div", { class: "chart", data: { chart: figure.name } }, head, picture);
  if (shown.length > 1 || figure.isByNode === true) box.append(keys(shown, theme));
  return box;
}

function curve(series: Series, most: number, colour: string, dashes: string): SVGPathElement {
  const path = document.createElementNS(SVG, "path");
  let text = "";
  let open = false;
  for (const [bin, value] of series.values.entries()) {
    if (!isMeasured(value)) {
      open = false;
      continue;
    }
    const x = ((bin + 0.5) / series.values.length) * WIDTH;
    const y = HEIGHT - PAD - (value / Math.max(most, 1e-9)) * (HEIGHT - 2 * PAD);
    text += `${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    // A single measurement is a dot: a line needs two.
    if (!open) text += "h0.01";
    open = true;
  }
  path.setAttribute("d", text);
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", colour);
  path.setAttribute("stroke-width", "1.6");
  path.setAttribute("stroke-linecap", "round");
  path.setAttribute("stroke-dasharray", dashes);
  path.setAttribute("vector-effect", "non-scaling-stroke");
  return path;
}

function keys(series: readonly Series[], theme: ThemeName): HTMLElement {
  const row = make("div", { class: "keys" });
  for (const [at, { name, values }] of series.entries()) {
    const line = document.createElementNS(SVG, "svg");
    line.setAttribute("viewBox", "0 0 22 8");
    line.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M1 4H21");
    path.setAttribute("stroke", THEMES[theme].tones[TONES[at] as Tone]);
    path.setAttribute("stroke-width", "2");
    path.setAttribute("stroke-dasharray", DASHES[at] ?? "");
    line.append(path);
    const last = [...values].findLast(isMeasured);
    row.append(
      make("span", { class: "key" }, line, `${name} ${last === undefined ? "" : format(last)}`),
    );
  }
  return row;
}

function describe({ name, unit, series }: Figure): string {
  const parts = series.map(({ name: of, values }) => {
    const last = [...values].findLast(isMeasured);
    return `${of} ${last === undefined ? "not measured" : `${format(last)} ${unit} at the end`}`;
  });
  return `${name}: ${parts.join(", ")}`;
}

function isMeasured(value: number): boolean {
  return !Number.isNaN(value);
}

function format(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}
