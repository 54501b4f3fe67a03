/** Who a lane belongs to decides where it lies: replicas on the ring, the others inside. */
export type LaneRole = "replica" | "client" | "gateway" | "world";

export interface Lane {
  readonly name: string;
  readonly role: LaneRole;
  /** Of a member: its index, by which certificates name it. */
  readonly member: number | undefined;
}

/** Beyond this a picture shows nothing any more; later authors share the last lane. */
export const LANE_COUNT_MAX = 512;

export function laneOf(name: string, members: readonly string[]): Lane {
  const named = members.indexOf(name);
  if (named >= 0) return { name, role: "replica", member: named };
  const replica = /^replica-(\d{1,3})$/.exec(name);
  // A cluster whose header names nobody: the name itself says which member it is.
  if (replica !== null) {
    const member = members.length === 0 ? Number(replica[1]) : undefined;
    return { name, role: "replica", member };
  }
  if (name.startsWith("twin")) return { name, role: "replica", member: undefined };
  if (name.startsWith("gateway")) return { name, role: "gateway", member: undefined };
  if (name.startsWith("client")) return { name, role: "client", member: undefined };
  return { name, role: "world", member: undefined };
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
