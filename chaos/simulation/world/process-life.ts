import { equalBytes } from "../../../base/bytes.ts";
import type { Epoch, ReplicaIndex } from "../../../base/types.ts";
import { Epochs } from "../../../consensus/epochs/epochs.ts";
import { State } from "../../../consensus/execution/state.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import { Verifier } from "../../../consensus/verifier.ts";
import type { Clock } from "../../../node/clock.ts";
import { recordsOf } from "../../../node/epochs/records-of.ts";
import type { Waiter } from "../../../node/host/turn.ts";
import { Figures } from "../../../node/metrics/figures.ts";
import type { PromiseLog } from "../../../node/promises/promise-log.ts";
import { semanticDigestOf, stateRulesOf } from "./kinds.ts";
import { ReplicaProcess } from "./replica-process.ts";
import { SettlingPromises } from "./settling-promises.ts";
import { SharedVerifier } from "./shared-verifier.ts";
import { SimulatedMembership } from "./simulated-membership.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";
import { SimulatedStore } from "./simulated-store.ts";

/** What a machine's disk held when its process began. */
export interface FoundPromises {
  readonly log: PromiseLog | undefined;
  readonly records: readonly PromiseRecord[] | "missing";
}

/**
 * One process of a machine from its start to its end: what it keeps while configurations come and
 * go, as node/epochs/epoch-run.ts has it in `ProcessParts`. The member that it is of one of them is
 * a {@link ReplicaProcess}.
 */
export class ProcessLife {
  readonly figures = new Figures();
  readonly epochs: Epochs;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly promises: SettlingPromises;
  readonly store: SimulatedStore;
  readonly state: State;
  readonly membership: SimulatedMembership | undefined;
  readonly #replica: SimulatedReplica;
  readonly #records: readonly PromiseRecord[] | "missing";
  hasEnded = false;

  constructor(replica: SimulatedReplica, found: FoundPromises) {
    const { cryptography, committee, findings, changesMembers } = replica.surroundings;
    const { crypto } = cryptography;
    this.#replica = replica;
    this.#records = found.records;
    this.epochs = new Epochs(crypto, committee);
    this.epochs.follow(replica.chain, committee.epoch);
    const options = {
      committeeOf: (epoch: Epoch) => this.epochs.committeeOf(epoch),
      endOf: (epoch: Epoch) => this.epochs.endOf(epoch),
      crypto,
      semanticDigestOf,
    };
    this.verifier = cryptography.real
      ? new Verifier(options)
      : new SharedVerifier(options, () => findings.of(this.epochs.newest.epoch));
    this.clock = replica.clock.start();
    this.promises = new SettlingPromises(replica, found.log);
    this.store = new SimulatedStore(replica, this);
    this.state = this.#openState();
    this.membership = changesMembers ? new SimulatedMembership(replica, this) : undefined;
  }

  /** Its place in the newest configuration that it knows; undefined: it has none. */
  createRun(isLater: boolean): ReplicaProcess | undefined {
    const { epochs } = this;
    const committee = epochs.newest;
    const place = committee.members.findIndex(({ publicKey }) =>
      equalBytes(publicKey, this.#replica.signer.publicKey),
    );
    if (place < 0) return undefined;
    const link = epochs.linkInto(committee.epoch);
    const entry: EpochEntry | undefined = link && {
      boundary: link.boundary,
      certificate: link.link.certificate,
    };
    // What was found out at the start, no later epoch makes good.
    const records = this.#replica.amnesia === undefined ? this.#records : "missing";
    return new ReplicaProcess(this.#replica, this, {
      committee,
      index: place as ReplicaIndex,
      entry,
      records: recordsOf(records, isLater ? entry : undefined),
    });
  }

  /** Nothing of it happens any more: no orderly stop, which would flush what it had gathered. */
  end(): void {
    this.hasEnded = true;
  }

  /** A timer of this process, whichever epoch it is in. */
  after(delayMs: number, work: () => void): void {
    this.#replica.surroundings.world.after(delayMs, () => this.#replica.ifAlive(this, work));
  }

  /** See `EventLoop.whenDurable`. */
  whenDurable(waiter: Waiter): void {
    const { process } = this.#replica;
    if (process === undefined) waiter.resolve();
    else process.loop.whenDurable(waiter);
  }

  #openState(): State {
    const { cryptography, genesis, world, timing } = this.#replica.surroundings;
    const rules = stateRulesOf(cryptography.crypto, genesis, timing.checkpointInterval);
    const { flushed } = this.store;
    const state = flushed && State.open(rules, this.store.rows, flushed.stateRoot);
    if (state !== undefined) return state;
    const [first] = this.store.rows.entries();
    if (first === undefined && flushed === undefined) {
      return State.genesis(rules, this.store.rows, genesis);
    }
    world.mark("store: rows do not lead to their root");
    const salvaged = State.salvage(rules, this.store.rows, flushed);
    this.store.discardDamaged();
    return salvaged;
  }
}
