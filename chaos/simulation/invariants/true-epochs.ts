import { toHex } from "../../../base/bytes.ts";
import type { Epoch, Sequence } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";

/** One configuration as the ordered operations decided it. */
interface Decided {
  readonly committee: Committee;
  /** The last sequence of the epoch before: 0 for the first. */
  readonly after: Sequence;
}

/**
 * The configurations of a run, by what was executed and by no replica's word on it: for the checkers,
 * who judge each certificate by the members of its own epoch.
 */
export class TrueEpochs {
  readonly #decided: Decided[];

  constructor(genesis: Committee) {
    this.#decided = [{ committee: genesis, after: 0 as Sequence }];
  }

  get newest(): Committee {
    return (this.#decided.at(-1) as Decided).committee;
  }

  committeeOf(epoch: Epoch): Committee | undefined {
    return this.#decided[epoch]?.committee;
  }

  /** Its first sequence is the next. */
  beginsAfter(epoch: Epoch): Sequence {
    return this.#decided[epoch]?.after ?? (0 as Sequence);
  }

  /** Undefined: it may go on for ever. */
  endOf(epoch: Epoch): Sequence | undefined {
    return this.#decided[epoch + 1]?.after;
  }

  decide(committee: Committee, after: Sequence): void {
    this.#decided[committee.epoch] = { committee, after };
  }

  /** Who spoke, whatever number he had then. */
  nameOf(epoch: Epoch, author: number): string {
    const key = this.committeeOf(epoch)?.members[author]?.publicKey;
    return key === undefined ? `nobody ${epoch}/${author}` : toHex(key);
  }
}
