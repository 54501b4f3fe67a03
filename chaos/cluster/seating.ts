import { equalBytes } from "../../base/bytes.ts";
import type { PublicKey } from "../../base/types.ts";
import type { Committee, Member } from "../../consensus/committee.ts";

/**
 * Who sits where, from configuration to configuration: a seat is a folder and a port for as long
 * as the run lasts, and a member's index is another thing in each epoch.
 */
export class Seating {
  /** By seat. */
  readonly #keys: PublicKey[];
  readonly #committees: Committee[];

  constructor(genesis: Committee) {
    this.#keys = genesis.members.map(({ publicKey }) => publicKey);
    this.#committees = [genesis];
  }

  get newest(): Committee {
    return this.#committees.at(-1)!;
  }

  /** The newest first. */
  get committees(): readonly Committee[] {
    return this.#committees.toReversed();
  }

  /** Seats of the members of the newest configuration, ascending. */
  get seats(): readonly number[] {
    return this.#keys.flatMap((_, seat) =>
      this.memberAt(seat, this.newest) === undefined ? [] : [seat],
    );
  }

  /** Takes the next seat. */
  join(publicKey: PublicKey): number {
    return this.#keys.push(publicKey) - 1;
  }

  follow(committee: Committee): void {
    this.#committees.push(committee);
  }

  memberAt(seat: number, { members }: Committee): Member | undefined {
    const key = this.#keys[seat];
    return key && members.find(({ publicKey }) => equalBytes(publicKey, key));
  }

  /** Where the member of an epoch sits; undefined: there is no such member. */
  seatOf(epoch: number, index: number): number | undefined {
    const member = this.#committees[epoch]?.members[index];
    const seat = this.#keys.findIndex((key) => member && equalBytes(key, member.publicKey));
    return seat < 0 ? undefined : seat;
  }
}
