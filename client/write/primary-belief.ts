import { weakQuorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Fleet } from "../link/fleet.ts";
import { statusQuestion } from "../link/questions.ts";
import type { ReplicaLink } from "../link/replica-link.ts";

/**
 * Who orders now, as far as replicas say. A wrong belief costs a retransmission, never safety, so
 * unsigned status is good enough; f+1 must say the same, or one liar could draw all writes.
 */
export class PrimaryBelief {
  readonly #committee: Committee;
  readonly #fleet: Fleet;
  readonly #said = new Map<ReplicaLink, number>();

  constructor(committee: Committee, fleet: Fleet) {
    this.#committee = committee;
    this.#fleet = fleet;
    fleet.listen({
      onOpen: (link) => this.#askOne(link),
      onLost: (link) => void this.#said.delete(link),
    });
  }

  /** Undefined: unknown or not connected; send to all. */
  link(): ReplicaLink | undefined {
    const votes = new Map<number, number>();
    for (const primary of this.#said.values()) {
      const count = (votes.get(primary) ?? 0) + 1;
      votes.set(primary, count);
      if (count < weakQuorumOf(this.#committee)) continue;
      const link = this.#fleet.links[primary];
      return link?.open === true ? link : undefined;
    }
    return undefined;
  }

  /** The believed primary did not answer in time. */
  doubt(): void {
    this.#said.clear();
    for (const link of this.#fleet.open) this.#askOne(link);
  }

  #askOne(link: ReplicaLink): void {
    link.ask(statusQuestion(), (answer) => {
      const primary = answer === undefined ? undefined : primaryIn(answer.json);
      if (primary !== undefined && link.open) this.#said.set(link, primary);
    });
  }
}

function primaryIn(json: string): number | undefined {
  try {
    const status = JSON.parse(json) as unknown;
    if (typeof status !== "object" || status === null || !("primary" in status)) return undefined;
    if ("active" in status && status.active === false) return undefined;
    return Number.isInteger(status.primary) ? (status.primary as number) : undefined;
  } catch {
    return undefined;
  }
}
