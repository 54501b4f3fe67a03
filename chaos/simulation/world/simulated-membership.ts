import { invariant } from "../../../base/assert.ts";
import type { Epoch } from "../../../base/types.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import type { StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { makeLink } from "../../../node/epochs/make-link.ts";
import { askChain } from "./ask-chain.ts";
import type { ProcessLife } from "./process-life.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** As node/epochs/chain-follower.ts asks. */
const ASK_MS = 200;
const ASK_ANYWAY_TICKS = 50;
const DISK_AGAIN_MS = 1000;

/**
 * What node/epochs/membership.ts does, in virtual time: the link is made or heard of, the old
 * epoch's loop is stopped, the state is flushed, the chain is written down, the next epoch begins.
 */
export class SimulatedMembership {
  readonly #replica: SimulatedReplica;
  readonly #life: ProcessLife;
  #isMoving = false;
  #tick = 0;
  #next = 0;

  constructor(replica: SimulatedReplica, life: ProcessLife) {
    this.#replica = replica;
    this.#life = life;
  }

  get isMoving(): boolean {
    return this.#isMoving;
  }

  start(): void {
    const prng = this.#replica.surroundings.world.streams.of(`chain ${this.#replica.name}`);
    const round = (): void => {
      this.#maybeAsk();
      this.#life.after(ASK_MS, round);
    };
    this.#life.after(ASK_MS * (prng.below(1000) / 1000), round);
  }

  /** L134: this member can make the link. */
  epochOver(certificate: StatementCertificate): void {
    const { epochs, state } = this.#life;
    const { epoch } = epochs.newest;
    const link = makeLink(state, epochs, certificate);
    if (link === undefined) return;
    invariant(epochs.follow([link], epoch).sound, "a certified boundary makes a link", { epoch });
    this.#replica.surroundings.world.mark("epoch: a link was made");
    this.#advance();
  }

  #maybeAsk(): void {
    this.#tick++;
    const isDue = this.#isAlone() || this.#tick % ASK_ANYWAY_TICKS === 0;
    if (this.#isMoving || !isDue) return;
    const { epochs } = this.#life;
    const others = epochs.addresses.filter((each) => each !== this.#replica.memberAddress);
    const address = others[this.#next++ % Math.max(1, others.length)];
    const { neighbours } = this.#replica.surroundings;
    const other = neighbours().find(({ memberAddress }) => memberAddress === address);
    if (other === undefined) return;
    const { epoch } = epochs.newest;
    askChain(this.#replica.address, other, epoch, (links) =>
      this.#replica.ifAlive(this.#life, () => this.#told(links, epoch)),
    );
  }

  /** L135 */
  #told(links: readonly Uint8Array[], from: Epoch): void {
    const { epochs } = this.#life;
    const { world } = this.#replica.surroundings;
    if (links.length === 0) return;
    const { gained, sound } = epochs.follow(links, from);
    if (!sound) world.mark("epoch: a false link refused");
    if (gained === 0) return;
    world.mark("epoch: a link was told");
    this.#advance();
  }

  #isAlone(): boolean {
    const { process } = this.#replica;
    if (process === undefined) return true;
    if (this.#life.state.epochEndOf(process.committee.epoch) !== undefined) return true;
    return process.connectedCount + 1 < quorumOf(process.committee);
  }

  #advance(): void {
    if (this.#isMoving || this.#replica.disguise?.lingers === true) return;
    this.#isMoving = true;
    const { process } = this.#replica;
    if (process === undefined) this.#flush();
    else process.close(() => this.#life.after(0, () => this.#flush()));
  }

  #flush(): void {
    const { process, surroundings } = this.#replica;
    if (process !== undefined) {
      const { epoch } = process.place.committee;
      surroundings.witness.ended(this.#replica, epoch, this.#life.epochs.newest);
    }
    this.#replica.process = undefined;
    this.#life.store.whenClean(() => this.#writeDown());
  }

  #writeDown(): void {
    if (this.#replica.disk.mood.full) {
      this.#life.after(DISK_AGAIN_MS, () => this.#flush());
      return;
    }
    const { epochs } = this.#life;
    const { epoch } = epochs.newest;
    this.#replica.chain = epochs.linksFrom(0 as Epoch);
    this.#replica.beginEpoch();
    this.#isMoving = false;
    if (epochs.newest.epoch !== epoch) this.#advance();
  }
}
