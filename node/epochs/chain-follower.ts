import { ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { askChain } from "./ask-chain.ts";

export interface ChainFollowerDependencies {
  readonly epochs: Epochs;
  /** Everybody who may know: members of any configuration so far. */
  readonly addresses: () => readonly string[];
  /** Whether we are cut off from a quorum of our epoch, so that it may be over. */
  readonly isAlone: () => boolean;
  /** There are configurations that were not known before. */
  readonly onGained: () => void;
}

/** While cut off: a few hundred bytes to one address, and it is how soon a straggler comes after. */
const ASK_MS = 200;
/**
 * Also with a quorum to talk to: keys that were retired and stolen can make a quorum's noise, but
 * not keep us from hearing of the next epoch.
 */
const ASK_ANYWAY_TICKS = 50;

/**
 * Looks for the next configuration, often while this replica has no quorum to talk to: the others
 * may have gone on without it, or it waits for its admission. One address at a time, in turn; no
 * answer is believed that does not prove itself.
 */
export class ChainFollower {
  readonly #dependencies: ChainFollowerDependencies;
  readonly #agents: ReplicaAgents;
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #tick = 0;
  #asking = false;
  #closed = false;

  constructor(dependencies: ChainFollowerDependencies) {
    this.#dependencies = dependencies;
    this.#agents = new ReplicaAgents({ keyOf: (address) => dependencies.epochs.keyAt(address) });
    this.#timer = setInterval(() => void this.#ask(), ASK_MS);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#agents.destroy();
  }

  async #ask(): Promise<void> {
    const { epochs, addresses, isAlone, onGained } = this.#dependencies;
    this.#tick++;
    const isDue = isAlone() || this.#tick % ASK_ANYWAY_TICKS === 0;
    if (this.#asking || this.#closed || !isDue) return;
    const all = addresses();
    const address = all[this.#next++ % all.length];
    if (address === undefined) return;
    this.#asking = true;
    const { epoch } = epochs.newest;
    const links = await askChain(address, epoch, this.#agents);
    this.#asking = false;
    if (this.#closed || links === undefined || links.length === 0) return;
    if (epochs.follow(links, epoch).gained > 0) onGained();
  }
}
