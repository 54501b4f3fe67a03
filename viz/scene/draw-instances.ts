import { stageOf } from "../model/explain-instance.ts";
import type { Stage } from "../model/explain-instance.ts";
import { hasMember, NOBODY } from "../model/instances.ts";
import type { Instance } from "../model/instances.ts";
import { NONE } from "../model/event-table.ts";
import { wroteProof } from "../model/entry-names.ts";
import { SHAPES } from "../model/kinds.ts";
import type { Shape } from "../model/kinds.ts";
import { sceneX } from "./axis-scale.ts";
import { TONE_NUMBERS } from "./draw-events.ts";
import type { Picture } from "./draw-events.ts";
import type { PaintedBuffer, PointBuffer } from "./geometry-buffer.ts";
import type { LanePlace } from "./lane-layout.ts";
import { RING_RADIUS } from "./lane-layout.ts";

/** Hoops that are drawn at most: each is some hundred triangles. */
export const RING_COUNT_MAX = 60;

const TONE_OF_STAGE: Readonly<Record<Stage, string>> = {
  nothing: "muted",
  proposed: "blue",
  prepared: "sky",
  committed: "sky",
  certified: "green",
};
const SEGMENT_COUNT = 48;
const HOOP_RADIUS = RING_RADIUS * 1.1;
const TICK_LENGTH = 0.34;
type EntryBody = readonly [shape: Shape, size: number];
const ARTIFACT_BODY: EntryBody = ["hexagon", 12];
const PROOF_BODY: EntryBody = ["star", 17];

export interface DrawnInstances {
  readonly drawn: readonly Instance[];
  readonly total: number;
}

/** Those of the window, every k-th when they are many; what is stuck or contested is always there. */
export function chooseInstances(
  picture: Picture,
  window: { from: number; to: number },
): DrawnInstances {
  const inside = picture.recording.instances
    .inOrder()
    .filter(({ firstTime, lastTime }) => lastTime >= window.from && firstTime <= window.to);
  let stride = 1;
  while (inside.length / stride > RING_COUNT_MAX) stride *= 2;
  const drawn = inside.filter((instance) => instance.slot % stride === 0 || isOdd(instance));
  return { drawn: drawn.slice(0, 2 * RING_COUNT_MAX), total: inside.length };
}

function isOdd(instance: Instance): boolean {
  return instance.contested || (instance.committedRow === NONE && instance.prepares !== NOBODY);
}

export function drawInstances(
  picture: Picture,
  instances: readonly Instance[],
  into: {
    readonly bands: PaintedBuffer;
    readonly lines: PaintedBuffer;
    readonly points: PointBuffer;
  },
): void {
  const width = Math.min(0.16, 12 / Math.max(1, instances.length));
  const dim = picture.focus === undefined ? 1 : 0.3;
  for (const instance of instances) {
    const x = sceneX(picture.axis, picture.axis.at(anchorRow(instance)));
    if (!(x >= -10 && x <= 10)) continue;
    const stage = stageOf(instance);
    const tone = TONE_NUMBERS[instance.contested ? "vermilion" : TONE_OF_STAGE[stage]] as number;
    drawTicks(picture, instance, x, into.lines);
    if (picture.lanes.mode === "space")
      hoop(picture, instance, { x, tone, width, dim }, into.bands);
    else column(picture, instance, { x, tone, dim }, into.bands);
    if (stage === "certified") drawEntry(picture, instance, x, into.points);
  }
}

/** Where an instance stands on the axis: at the furthest that it came. */
function anchorRow(instance: Instance): number {
  const { certifiedRow, committedRow, preparedRow, proposedRow } = instance;
  for (const row of [certifiedRow, committedRow, preparedRow, proposedRow]) {
    if (row !== NONE) return row;
  }
  return 0;
}

interface BandLook {
  readonly x: number;
  readonly tone: number;
  readonly width: number;
  readonly dim: number;
}

/** A certificate closes the ring; before that, only those who have signed hold their part of it. */
function hoop(picture: Picture, instance: Instance, look: BandLook, into: PaintedBuffer): void {
  const { places } = picture.lanes;
  const closed = instance.committedRow !== NONE || instance.certifiedRow !== NONE;
  if (closed) {
    arc(into, look, 0, 2 * Math.PI, 0.34 * look.dim);
    return;
  }
  const members = memberLanes(picture, instance.slot);
  const half = Math.PI / Math.max(1, members.length) - 0.06;
  for (const { lane, member } of members) {
    const angle = places[lane]?.angle;
    if (angle === undefined || !hasMember(instance.prepares, member)) continue;
    arc(into, look, angle - half, angle + half, 0.5 * look.dim);
  }
}

function arc(into: PaintedBuffer, look: BandLook, from: number, to: number, alpha: number): void {
  const count = Math.max(4, Math.ceil((SEGMENT_COUNT * (to - from)) / (2 * Math.PI)));
  const { x, width, tone } = look;
  for (let at = 0; at < count; at++) {
    const [first, second] = [at, at + 1].map((step) => {
      const angle = from + ((to - from) * step) / count;
      return [Math.sin(angle) * HOOP_RADIUS, Math.cos(angle) * HOOP_RADIUS] as const;
    }) as [readonly [number, number], readonly [number, number]];
    const corner = (side: number, [y, z]: readonly [number, number]): void =>
      into.corner(x + side * width, y, z, tone, alpha);
    corner(-0.5, first);
    corner(0.5, first);
    corner(0.5, second);
    corner(-0.5, first);
    corner(0.5, second);
    corner(-0.5, second);
  }
}

/** In the flat mode a ring is a bar across the replicas' rows, from the proposal to where it stands. */
function column(
  picture: Picture,
  instance: Instance,
  { x, tone, dim }: Omit<BandLook, "width">,
  into: PaintedBuffer,
): void {
  const rows = memberLanes(picture, instance.slot).map(
    ({ lane }) => (picture.lanes.places[lane] as LanePlace).y,
  );
  if (rows.length === 0) return;
  const top = Math.max(...rows) + 0.12;
  const bottom = Math.min(...rows) - 0.12;
  const proposed = instance.proposedRow;
  const start = proposed === NONE ? x : sceneX(picture.axis, picture.axis.at(proposed));
  const from = Math.max(-10, Math.min(start, x) - 0.03);
  const alpha = 0.13 * dim;
  const z = -0.05;
  for (const [cornerX, cornerY] of [
    [from, bottom],
    [x + 0.03, bottom],
    [x + 0.03, top],
    [from, bottom],
    [x + 0.03, top],
    [from, top],
  ] as const) {
    into.corner(cornerX, cornerY, z, tone, alpha);
  }
}

/** Inwards for a prepare, outwards for a commit, at each lane that sent one. */
function drawTicks(picture: Picture, instance: Instance, x: number, into: PaintedBuffer): void {
  const flat = picture.lanes.mode === "flat";
  for (const { lane, member } of memberLanes(picture, instance.slot)) {
    const { y, z } = picture.lanes.places[lane] as LanePlace;
    const length = flat ? 1 : Math.hypot(y, z);
    const [upY, upZ] = flat ? [1, 0] : [y / length, z / length];
    const tick = (side: number, tone: string): void => {
      const number = TONE_NUMBERS[tone] as number;
      into.corner(x, y, z, number, 0.9);
      into.corner(x, y + upY * side, z + upZ * side, number, 0.9);
    };
    const size = flat ? TICK_LENGTH * 0.6 : TICK_LENGTH;
    if (hasMember(instance.prepares, member)) tick(-size, "blue");
    if (hasMember(instance.commits, member)) tick(size, "sky");
  }
}

/** What was agreed on appears on the axis once it is certified; a proof is no artifact. */
function drawEntry(
  { lanes, recording }: Picture,
  instance: Instance,
  x: number,
  into: PointBuffer,
): void {
  const { y, z } = lanes.entries;
  into.positions.push3(x, y, z);
  const [shape, size] = wroteProof(recording, instance) ? PROOF_BODY : ARTIFACT_BODY;
  into.looks.push4(TONE_NUMBERS["green"] as number, SHAPES.indexOf(shape), size, 0.9);
  into.rows.push(instance.certifiedRow);
}

/** Of those who voted on the sequence. */
function memberLanes(
  { recording }: Picture,
  slot: number,
): { readonly lane: number; readonly member: number }[] {
  const { members } = recording.configurations.of(slot);
  return recording.laneOrder.flatMap((lane) => {
    const member = recording.table.authors.lanes[lane]?.member;
    return member === undefined || !members.includes(member) ? [] : [{ lane, member }];
  });
}
