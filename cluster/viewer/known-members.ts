import type { Epoch } from "../../base/types.ts";
import { ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { ChainFollower } from "../../node/epochs/chain-follower.ts";
import { memberName, memberNumbers } from "../../node/journal/member-numbers.ts";
import type { ToldConfiguration } from "./live-hub.ts";

export interface KnownMember {
  /** By which journals name it; an index is another's after somebody has left. */
  readonly number: number;
  /** "replica-5" */
  readonly name: string;
  /** host:port */
  readonly address: string;
}

/** Pages explain what is recent: so many of the newest configurations are told to them. */
const TOLD_COUNT_MAX = 64;

/**
 * Who votes now and voted before, as far as the chain proves it; looks for the next configuration
 * for as long as it is open.
 */
export class KnownMembers {
  /** Connections to members and to who was one. */
  readonly agents: ReplicaAgents;
  readonly #epochs: Epochs;
  readonly #follower: ChainFollower;
  /** When an epoch was first heard of, if that was while we looked. */
  readonly #heardAt: Map<number, number>;

  /** `heardAt` outlives this, as `epochs` does. */
  constructor(epochs: Epochs, heardAt: Map<number, number>, onChange: () => void) {
    this.#epochs = epochs;
    this.agents = new ReplicaAgents({ keyOf: (address) => epochs.keyAt(address) });
    this.#heardAt = heardAt;
    let known = epochs.newest.epoch;
    this.#follower = new ChainFollower({
      epochs,
      addresses: () => epochs.addresses,
      // Somebody looks on: a change is asked for as often as by who is cut off.
      isAlone: () => true,
      onGained: () => {
        while (known < epochs.newest.epoch) this.#heardAt.set(++known, Date.now());
        onChange();
      },
    });
  }

  get members(): readonly KnownMember[] {
    const { newest } = this.#epochs;
    const numbers = memberNumbers(this.#epochs, newest);
    return newest.members.map(({ address }, index) => {
      const number = numbers[index] as number;
      return { number, name: memberName(number), address };
    });
  }

  /** The newest configurations after genesis, in their order. */
  get told(): readonly ToldConfiguration[] {
    const { epoch: newest } = this.#epochs.newest;
    const told: ToldConfiguration[] = [];
    for (let epoch = Math.max(1, newest - TOLD_COUNT_MAX + 1); epoch <= newest; epoch++) {
      const committee = this.#epochs.committeeOf(epoch as Epoch);
      const link = this.#epochs.linkInto(epoch as Epoch);
      if (committee === undefined || link === undefined) continue;
      told.push({
        epoch,
        boundary: link.boundary,
        members: memberNumbers(this.#epochs, committee),
        faultyMax: committee.faultyMax,
        beganAt: this.#heardAt.get(epoch),
      });
    }
    return told;
  }

  close(): void {
    this.#follower.close();
    this.agents.destroy();
  }
}
