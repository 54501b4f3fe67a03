/** Who a lane belongs to decides where it lies: replicas on the ring, the others inside. */
export type LaneRole = "replica" | "client" | "gateway" | "world";

export interface Lane {
  readonly name: string;
  readonly role: LaneRole;
  /** Of a member: the number by which certificates name it. */
  readonly member: number | undefined;
}

/** Beyond this a picture shows nothing any more; later authors share the last lane. */
export const LANE_COUNT_MAX = 512;

export function laneOf(name: string, members: readonly string[]): Lane {
  const named = members.indexOf(name);
  if (named >= 0) return { name, role: "replica", member: memberNumber(name, named) };
  // One that joined later, or a cluster whose header names nobody: the name itself says which it is.
  const number = memberNumber(name, NaN);
  if (number >= 0) return { name, role: "replica", member: number };
  if (name.startsWith("twin")) return { name, role: "replica", member: undefined };
  if (name.startsWith("gateway")) return { name, role: "gateway", member: undefined };
  if (name.startsWith("client")) return { name, role: "client", member: undefined };
  return { name, role: "world", member: undefined };
}

/** "replica-5" is member 5; another name tells no more than its place among the names. */
export function memberNumber(name: string, place: number): number {
  const digits = /^replica-(\d{1,6})$/.exec(name)?.[1];
  return digits === undefined ? place : Number(digits);
}

const ROLE_ORDER: readonly LaneRole[] = ["replica", "gateway", "client", "world"];

/** Lane numbers in the order in which people expect them: replicas by index, then the others. */
export function laneOrder(lanes: readonly Lane[]): number[] {
  return lanes
    .map((lane, number) => ({ lane, number }))
    .sort(
      (left, right) =>
        ROLE_ORDER.indexOf(left.lane.role) - ROLE_ORDER.indexOf(right.lane.role) ||
        (left.lane.member ?? LANE_COUNT_MAX) - (right.lane.member ?? LANE_COUNT_MAX) ||
        left.lane.name.localeCompare(right.lane.name, "en", { numeric: true }),
    )
    .map(({ number }) => number);
}
