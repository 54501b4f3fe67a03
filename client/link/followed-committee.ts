import type { Epoch, Hash } from "../../base/types.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";

/**
 * The configuration that is in force, as far as this client has followed: for whoever asks it anew
 * at each use. What must not change under somebody's hands (a handshake, a certificate) takes the
 * committee of its epoch from `Epochs` instead.
 */
export class FollowedCommittee implements Committee {
  readonly #epochs: Epochs;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  get clusterId(): Hash {
    return this.#epochs.newest.clusterId;
  }

  get epoch(): Epoch {
    return this.#epochs.newest.epoch;
  }

  get members(): readonly Member[] {
    return this.#epochs.newest.members;
  }

  get faultyMax(): number {
    return this.#epochs.newest.faultyMax;
  }
}
