import { kindNumber } from "../model/kinds.ts";
import { sceneX } from "./axis-scale.ts";
import { TONE_NUMBERS } from "./draw-events.ts";
import type { Picture } from "./draw-events.ts";
import type { PaintedBuffer } from "./geometry-buffer.ts";
import { FLAT_HALF_HEIGHT, RING_RADIUS } from "./lane-layout.ts";

const EPOCH = kindNumber("epoch");
const YELLOW = TONE_NUMBERS["yellow"] as number;
const SEGMENT_COUNT = 64;
const RADIUS = RING_RADIUS * 1.2;
const ALPHA = 0.8;

/** Where other members begin to vote: a line around, or across, all lanes. */
export function drawEpochs(picture: Picture, into: PaintedBuffer): void {
  for (const row of boundaryRows(picture)) {
    const x = sceneX(picture.axis, picture.axis.at(row));
    if (!(x >= -10 && x <= 10)) continue;
    if (picture.lanes.mode === "flat") {
      into.corner(x, -FLAT_HALF_HEIGHT, 0, YELLOW, ALPHA);
      into.corner(x, FLAT_HALF_HEIGHT, 0, YELLOW, ALPHA);
    } else {
      for (let at = 0; at < SEGMENT_COUNT; at++) {
        corner(into, x, at);
        corner(into, x, at + 1);
      }
    }
  }
}

/** Of each epoch the first row that says that it begins. */
function boundaryRows({ recording }: Picture): Iterable<number> {
  const { table, index } = recording;
  const first = new Map<number, number>();
  for (const place of index.notable) {
    const row = index.order[place] as number;
    if (table.kind.at(row) !== EPOCH || table.detailValueOf(row, "what") !== "begins") continue;
    const epoch = Number(table.detailValueOf(row, "epoch"));
    if (!first.has(epoch)) first.set(epoch, row);
  }
  return first.values();
}

function corner(into: PaintedBuffer, x: number, at: number): void {
  const angle = (2 * Math.PI * at) / SEGMENT_COUNT;
  into.corner(x, Math.sin(angle) * RADIUS, Math.cos(angle) * RADIUS, YELLOW, ALPHA);
}
