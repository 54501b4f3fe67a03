import { LOOKS } from "../model/kinds.ts";
import type { Shape, Tone } from "../model/kinds.ts";
import type { EventKind } from "../../base/journal/journal-event.ts";
import type { Health } from "../model/lane-health.ts";
import { THEMES } from "../scene/themes.ts";
import type { ThemeName } from "../scene/themes.ts";

const SVG = "http://www.w3.org/2000/svg";

/** The shapes of the points' shader once more, for text beside which they stand. */
const PATHS: Readonly<Record<Shape, string>> = {
  dot: "M6 3a3 3 0 1 1 0 6a3 3 0 1 1 0-6z",
  circle:
    "M6 1.4a4.6 4.6 0 1 1 0 9.2a4.6 4.6 0 1 1 0-9.2zM6 3.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8z",
  square: "M2 2h8v8h-8z",
  diamond: "M6 .6L11.4 6L6 11.4L.6 6z",
  triangle: "M6 1.4L11 10H1z",
  wedge: "M6 10.6L1 2h10z",
  cross: "M2.6 1L6 4.4L9.4 1L11 2.6L7.6 6L11 9.4L9.4 11L6 7.6L2.6 11L1 9.4L4.4 6L1 2.6z",
  plus: "M4.6 1h2.8v3.6H11v2.8H7.4V11H4.6V7.4H1V4.6h3.6z",
  star: "M6 .5L7.6 4.3L11.6 4.6L8.5 7.2L9.5 11.2L6 9L2.5 11.2L3.5 7.2L.4 4.6L4.4 4.3z",
  hexagon: "M6 .8L10.6 3.4V8.6L6 11.2L1.4 8.6V3.4z",
};

export function shapeIcon(shape: Shape, tone: Tone, theme: ThemeName): SVGSVGElement {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 12 12");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[shape]);
  path.setAttribute("fill", THEMES[theme].tones[tone]);
  path.setAttribute("fill-rule", "evenodd");
  icon.append(path);
  return icon;
}

export function kindIcon(kind: EventKind, theme: ThemeName): SVGSVGElement {
  const { shape, tone } = LOOKS[kind];
  return shapeIcon(shape, tone, theme);
}

/** Health is told by shape as well as by colour. */
export const HEALTH_LOOKS: Readonly<Record<Health, readonly [shape: Shape, tone: Tone]>> = {
  unknown: ["dot", "muted"],
  outside: ["circle", "muted"],
  up: ["dot", "green"],
  recovering: ["triangle", "green"],
  suspected: ["wedge", "orange"],
  down: ["cross", "vermilion"],
  halted: ["square", "vermilion"],
  accused: ["diamond", "purple"],
};
