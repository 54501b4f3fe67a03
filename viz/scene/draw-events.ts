import type { Axis } from "../model/axis.ts";
import { CERTIFICATE, LOOKS, SHAPES } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import type { Selection } from "../model/selection.ts";
import { sceneX } from "./axis-scale.ts";
import type { PaintedBuffer, PointBuffer } from "./geometry-buffer.ts";
import type { LaneLayout, LanePlace } from "./lane-layout.ts";
import { TONES } from "./themes.ts";

/** What one picture is made of, before it is geometry. */
export interface Picture {
  readonly recording: Recording;
  readonly axis: Axis;
  readonly lanes: LaneLayout;
  readonly selection: Selection;
  /** The rest is dimmed when there is one: a causal cone, or what a search found. */
  readonly focus: ReadonlySet<number> | undefined;
  /** What led somewhere, step by step. */
  readonly path: readonly number[];
  readonly selected: number | undefined;
}

/** Pixels across, by severity: routine marks are specks, trouble is seen from afar. */
const SIZES: readonly number[] = [5, 9, 11, 15, 18, 22];
const DIMMED = 0.16;
const SELECTED_SIZE = 30;

export const TONE_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  TONES.map((tone, number) => [tone, number]),
);
const INK = TONE_NUMBERS["ink"] as number;
const MUTED = TONE_NUMBERS["muted"] as number;
const YELLOW = TONE_NUMBERS["yellow"] as number;

/** By kind's number: tone, shape, size. Looked up once instead of for each mark. */
const MARKS: readonly (readonly [tone: number, shape: number, size: number])[] = Object.values(
  LOOKS,
).map(({ tone, shape, severity }) => [
  TONE_NUMBERS[tone] as number,
  SHAPES.indexOf(shape),
  SIZES[severity] as number,
]);

export function drawPoints(picture: Picture, into: PointBuffer): void {
  const { selection, focus, recording, selected } = picture;
  const { table } = recording;
  const onPath = new Set(picture.path);
  const crowd = Math.min(1, Math.max(0.6, Math.sqrt(900 / Math.max(1, selection.rows.length))));
  for (const row of selection.rows) {
    const place = placeOf(picture, row);
    if (place === undefined) continue;
    const [tone, shape, full] = MARKS[table.kind.at(row)] as (typeof MARKS)[number];
    // In a crowd ordinary marks shrink; trouble does not.
    const size = full > (SIZES[CERTIFICATE] as number) ? full : full * crowd;
    const strength = focus === undefined || focus.has(row) || onPath.has(row) ? 1 : DIMMED;
    into.positions.push3(place.x, place.y, place.z);
    into.looks.push4(tone, shape, onPath.has(row) ? size + 3 : size, strength);
    into.rows.push(row);
  }
  if (selected !== undefined) {
    const place = placeOf(picture, selected);
    if (place === undefined) return;
    into.positions.push3(place.x, place.y, place.z);
    into.looks.push4(INK, SHAPES.indexOf("circle"), SELECTED_SIZE, 1);
    into.rows.push(selected);
  }
}

export function drawEdges(picture: Picture, into: PaintedBuffer): void {
  const { edges } = picture.selection;
  const { table } = picture.recording;
  const plain = plainAlpha(edges.length / 2);
  for (let at = 0; at < edges.length; at += 2) {
    const cause = edges[at] as number;
    const effect = edges[at + 1] as number;
    const { focus } = picture;
    const lit = focus === undefined || (focus.has(cause) && focus.has(effect));
    const [tone] = MARKS[table.kind.at(effect)] as (typeof MARKS)[number];
    const alpha = lit ? (focus === undefined ? plain : 0.8) : plain * DIMMED;
    line(picture, into, [cause, effect], tone, alpha);
  }
  for (let at = 1; at < picture.path.length; at++) {
    line(picture, into, [picture.path[at - 1] as number, picture.path[at] as number], YELLOW, 1);
  }
}

/** The lanes themselves, broken where a process did not run. */
export function drawLanes(picture: Picture, into: PaintedBuffer): void {
  const { recording, lanes, axis } = picture;
  for (const lane of recording.laneOrder) {
    const place = lanes.places[lane] as LanePlace;
    let from = sceneX(axis, axis.from);
    if (axis.name === "time" || axis.name === "wall") {
      for (const [downFrom, downTo] of recording.health.downSpans(lane)) {
        const start = clamp(sceneX(axis, downFrom), from, sceneX(axis, axis.to));
        const end = clamp(sceneX(axis, downTo), start, sceneX(axis, axis.to));
        segment(into, place, from, start, 0.75);
        dashes(into, place, start, end);
        from = end;
      }
    }
    segment(into, place, from, sceneX(axis, axis.to), 0.75);
  }
}

function line(
  picture: Picture,
  into: PaintedBuffer,
  [cause, effect]: readonly [number, number],
  tone: number,
  alpha: number,
): void {
  const start = placeOf(picture, cause);
  const end = placeOf(picture, effect);
  if (start === undefined || end === undefined) return;
  into.corner(start.x, start.y, start.z, tone, alpha);
  into.corner(end.x, end.y, end.z, tone, alpha);
}

function segment(
  into: PaintedBuffer,
  { y, z }: LanePlace,
  from: number,
  to: number,
  alpha: number,
): void {
  if (to <= from) return;
  into.corner(from, y, z, MUTED, alpha);
  into.corner(to, y, z, MUTED, alpha);
}

const DASH_LENGTH = 0.12;
const DASH_COUNT_MAX = 120;

function dashes(into: PaintedBuffer, place: LanePlace, from: number, to: number): void {
  const step = Math.max(2 * DASH_LENGTH, (to - from) / DASH_COUNT_MAX);
  for (let at = from; at < to; at += step) {
    segment(into, place, at, Math.min(to, at + step / 2), 0.35);
  }
}

/** Undefined: outside what the axis shows. */
function placeOf(
  { axis, lanes, recording }: Picture,
  row: number,
): { readonly x: number; readonly y: number; readonly z: number } | undefined {
  const x = sceneX(axis, axis.at(row));
  if (x < SCENE_X_MIN || x > SCENE_X_MAX) return undefined;
  const { y, z } = lanes.places[recording.table.lane.at(row)] as LanePlace;
  return { x, y, z };
}

/** A little beyond the axis' ends, so that marks at the very ends are whole. */
const SCENE_X_MIN = -10.05;
const SCENE_X_MAX = 10.05;

/** Few lines may be strong; many must not become a carpet. */
function plainAlpha(count: number): number {
  return clamp(9 / Math.sqrt(Math.max(1, count)), 0.13, 0.6);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
