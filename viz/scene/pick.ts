import type { CameraRig } from "./camera-rig.ts";
import type { PointBuffer } from "./geometry-buffer.ts";

/** A finger is wider than a pointer, and marks are small. */
const REACH_PX = 16;

/** The mark nearest to a place on the screen, or undefined. 20,000 marks take about 3 ms. */
export function pickRow(
  rig: CameraRig,
  points: PointBuffer,
  at: { readonly left: number; readonly top: number },
): number | undefined {
  let best: number | undefined;
  let bestScore = REACH_PX;
  const { data } = points.positions;
  for (let index = 0; index < points.count; index++) {
    const place = rig.project(
      data[index * 3] as number,
      data[index * 3 + 1] as number,
      data[index * 3 + 2] as number,
    );
    const away = Math.hypot(place.left - at.left, place.top - at.top);
    // A large mark is meant more often than the speck beside it.
    const score = away - (points.looks.data[index * 4 + 2] as number) / 4;
    if (away <= REACH_PX && score < bestScore) {
      bestScore = score;
      best = points.rows[index];
    }
  }
  return best;
}
