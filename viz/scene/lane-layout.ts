import type { Recording } from "../model/recording.ts";

export type SceneMode = "space" | "flat";

/** Half the axis' length in scene units; what is shown lies between −this and +this. */
export const HALF_LENGTH = 10;
/** Replicas' ring. */
export const RING_RADIUS = 4.2;
/** Clients and gateways are inside, where their requests come from. */
const INNER_RADIUS = 1.9;
/** Half the flat mode's height. */
export const FLAT_HALF_HEIGHT = 4.2;

export interface LanePlace {
  readonly y: number;
  readonly z: number;
  /** On the ring; undefined inside it. */
  readonly angle: number | undefined;
}

export interface LaneLayout {
  readonly mode: SceneMode;
  /** By lane number. */
  readonly places: readonly LanePlace[];
  /** Where certified entries stand. */
  readonly entries: LanePlace;
}

/**
 * Where each lane lies across the axis. In space replicas stand on a ring, the first on top, and
 * the others inside; in the flat mode all of them lie one below the other.
 */
export function layOutLanes(recording: Recording, mode: SceneMode): LaneLayout {
  return mode === "space" ? inSpace(recording) : inRows(recording);
}

function inSpace({ table, laneOrder }: Recording): LaneLayout {
  const { lanes } = table.authors;
  const outer = laneOrder.filter((lane) => lanes[lane]?.role === "replica");
  const inner = laneOrder.filter((lane) => lanes[lane]?.role !== "replica");
  const places: LanePlace[] = [];
  for (const [at, lane] of outer.entries()) {
    // A small turn keeps the lowest replica from hiding behind the highest.
    const angle = Math.PI / 2 + 0.35 - (2 * Math.PI * at) / outer.length;
    places[lane] = onRing(angle, RING_RADIUS);
  }
  for (const [at, lane] of inner.entries()) {
    const { y, z } = onRing(Math.PI / 2 - (2 * Math.PI * (at + 0.5)) / inner.length, INNER_RADIUS);
    places[lane] = { y, z, angle: undefined };
  }
  return { mode: "space", places, entries: { y: 0, z: 0, angle: undefined } };
}

function inRows({ laneOrder }: Recording): LaneLayout {
  const places: LanePlace[] = [];
  const count = laneOrder.length + 1;
  const row = (at: number): LanePlace => ({
    y: count === 1 ? 0 : FLAT_HALF_HEIGHT - (2 * FLAT_HALF_HEIGHT * at) / (count - 1),
    z: 0,
    angle: undefined,
  });
  for (const [at, lane] of laneOrder.entries()) places[lane] = row(at);
  return { mode: "flat", places, entries: row(count - 1) };
}

function onRing(angle: number, radius: number): LanePlace {
  return { y: Math.sin(angle) * radius, z: Math.cos(angle) * radius, angle };
}
