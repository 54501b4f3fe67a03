import type { RecordingHeader } from "../../base/journal/journal-event.ts";
import { quorumOf } from "../../consensus/committee.ts";
import { NONE } from "./event-table.ts";
import type { EventTable } from "./event-table.ts";
import { kindNumber } from "./kinds.ts";
import { memberNumber } from "./lanes.ts";

/** Who votes from the sequence after `boundary` on. */
export interface Configuration {
  readonly epoch: number;
  /** The last sequence of the epoch before; {@link NONE} where nothing is known to be before. */
  readonly boundary: number;
  /** Numbers in the members' names, in the configuration's own order. */
  readonly members: readonly number[];
  readonly faultyMax: number;
  readonly quorum: number;
  /** When somebody first was in it; undefined: before anything that is known here. */
  readonly beganAt: number | undefined;
}

/** What a collector tells of the chain of configurations, which it has verified. */
export type ToldConfiguration = Pick<
  Configuration,
  "epoch" | "boundary" | "members" | "faultyMax"
> & { readonly beganAt?: number | undefined };

/** The oldest are given up first: a page explains what it shows, and that is recent. */
const CONFIGURATION_COUNT_MAX = 1024;
const MEMBER_COUNT_MAX = 512;

const EPOCH = kindNumber("epoch");

/** The configurations of a recording, by what its header, its events and its collector say. */
export class Configurations {
  #list: Configuration[];
  /** The header does not say who votes: whoever is named like a member is one. */
  readonly #isHeaderless: boolean;
  #rowsSeen = 0;

  constructor({ names, memberCount, faultyMax }: RecordingHeader) {
    const members = Array.from({ length: memberCount }, (_, index) =>
      memberNumber(names[index] ?? "", index),
    );
    this.#isHeaderless = memberCount === 0;
    this.#list = [whole({ epoch: 0, boundary: NONE, members, faultyMax }, undefined)];
  }

  /** In the order of their epochs; there is always one. */
  get all(): readonly Configuration[] {
    return this.#list;
  }

  get newest(): Configuration {
    return this.#list.at(-1) as Configuration;
  }

  /** The one that decided on a sequence. */
  of(slot: number): Configuration {
    return (
      this.#list.findLast(({ boundary }) => boundary < slot) ?? (this.#list[0] as Configuration)
    );
  }

  /** Takes in the rows that came since. */
  settle(table: EventTable): void {
    if (this.#isHeaderless) {
      const members = table.authors.lanes.flatMap(({ member }) => member ?? []);
      this.#list[0] = whole({ epoch: 0, boundary: NONE, members, faultyMax: 0 }, undefined);
    }
    for (; this.#rowsSeen < table.count; this.#rowsSeen++) {
      if (table.kind.at(this.#rowsSeen) !== EPOCH) continue;
      const told = toldBy(table, this.#rowsSeen);
      if (told !== undefined) this.#take(told);
    }
  }

  dropFront(count: number): void {
    this.#rowsSeen = Math.max(0, this.#rowsSeen - count);
  }

  take(told: readonly ToldConfiguration[]): void {
    for (const each of told) this.#take(each);
  }

  /** The first word on an epoch's members stays; when it began is the earliest that anybody says. */
  #take(told: ToldConfiguration): void {
    const { beganAt } = told;
    const at = this.#list.findIndex(({ epoch }) => epoch === told.epoch);
    const known = this.#list[at];
    if (known === undefined) {
      this.#list.push(whole(told, beganAt));
      this.#list.sort((left, right) => left.epoch - right.epoch);
      if (this.#list.length > CONFIGURATION_COUNT_MAX) this.#list.splice(1, 1);
    } else if (at > 0 && beganAt !== undefined && beganAt < (known.beganAt ?? Infinity)) {
      this.#list[at] = { ...known, beganAt };
    }
  }
}

function whole(told: ToldConfiguration, beganAt: number | undefined): Configuration {
  const { members, faultyMax } = told;
  return { ...told, quorum: quorumOf({ members, faultyMax }), beganAt };
}

/** An event's word; undefined: it tells of an end, or of nothing that could be. */
function toldBy(table: EventTable, row: number): ToldConfiguration | undefined {
  const { what, epoch, sequence, members, faultyMax } = table.detailOf(row);
  if (typeof epoch !== "number" || typeof sequence !== "number") return undefined;
  if (typeof members !== "string" || typeof faultyMax !== "number") return undefined;
  if (!/^\d{1,6}( \d{1,6})*$/.test(members)) return undefined;
  const numbers = members.split(" ").map(Number);
  if (numbers.length > MEMBER_COUNT_MAX) return undefined;
  const beganAt = what === "begins" ? table.time.at(row) : undefined;
  return { epoch, boundary: sequence, members: numbers, faultyMax, beganAt };
}
