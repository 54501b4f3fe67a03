import { toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Prng } from "../../../base/prng.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { PublicKey } from "../../../base/types.ts";
import { KnownRoots } from "../../../client/link/known-roots.ts";
import { checkExecuted } from "../../../client/write/check-submit-answer.ts";
import { outgoingSet } from "../../../client/write/signed-set.ts";
import type { OutgoingSet } from "../../../client/write/signed-set.ts";
import { planAdministration } from "../../../client/write/write-plan.ts";
import {
  nextConfiguration,
  reconfigureOperation,
} from "../../../cluster/membership/plan-configuration.ts";
import type { Configuration } from "../../../cluster/membership/plan-configuration.ts";
import { buildWriteSet } from "../../../consensus/build-write-set.ts";
import { Epochs } from "../../../consensus/epochs/epochs.ts";
import {
  OUTCOME_RECONFIGURATION_PENDING,
  OUTCOME_RECONFIGURATION_STALE,
} from "../../../consensus/execution/outcomes.ts";
import { SUBMIT_EXECUTED, submitAnswerCodec } from "../../../consensus/wire/connection.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { AdministrationParts } from "../../../consensus/wire/write-set.ts";
import type { Nemesis } from "../faults/nemesis.ts";
import type { MemberChange } from "../faults/plan.ts";
import { askChain } from "../world/ask-chain.ts";
import type { Signer } from "../world/crypto-table.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import { memberAddressOf } from "../world/member-address.ts";
import type { SimulatedReplica, Surroundings } from "../world/simulated-replica.ts";
import { ClientLink } from "./client-link.ts";
import type { ClientWatcher } from "./simulated-client.ts";

const ASK_MS = 700;
/** After a change that cannot be ordered now. */
const AGAIN_MS = 1500;
const LIFE_MS = 240_000;
const TRIES_MAX = 12;

/**
 * Who orders the changes of a plan, one after the other, as `quorate member` does it: the chain is
 * asked for, the next configuration made from the newest, the joining keys give their word, and the
 * operation is a write like any other.
 */
export class Administrator {
  readonly #surroundings: Surroundings;
  readonly #replicas: readonly SimulatedReplica[];
  readonly #signer: Signer;
  readonly #address: number;
  readonly #watcher: ClientWatcher;
  readonly #nemesis: Nemesis | undefined;
  readonly #links: readonly ClientLink[];
  readonly #prng: Prng;
  readonly #epochs: Epochs;
  readonly #roots: KnownRoots;
  readonly #session: Uint8Array;
  readonly #waiting: MemberChange[];
  #onAnswer: (body: Uint8Array) => void = () => undefined;
  #counter = 0;
  #tries = 0;

  constructor(
    surroundings: Surroundings,
    replicas: readonly SimulatedReplica[],
    who: {
      readonly address: number;
      readonly signer: Signer;
      readonly changes: readonly MemberChange[];
      readonly watcher: ClientWatcher;
      /** Says whether the present members hold all that they should; undefined: no matter. */
      readonly nemesis: Nemesis | undefined;
    },
  ) {
    const { world, cryptography, committee } = surroundings;
    this.#surroundings = surroundings;
    this.#replicas = replicas;
    this.#signer = who.signer;
    this.#address = who.address;
    this.#watcher = who.watcher;
    this.#nemesis = who.nemesis;
    this.#waiting = [...who.changes];
    this.#prng = world.streams.of("administrator");
    this.#session = this.#prng.bytes(16);
    this.#epochs = new Epochs(cryptography.crypto, committee);
    this.#roots = new KnownRoots(this.#epochs);
    this.#links = replicas.map(
      (replica) =>
        new ClientLink(replica, who.address, (_from, kind, body) => {
          if (kind === FRAME.submitAnswer) this.#onAnswer(body);
        }),
    );
  }

  get isDone(): boolean {
    return this.#waiting.length === 0;
  }

  start(): void {
    const first = this.#waiting[0];
    if (first !== undefined) this.#surroundings.world.at(first.atMs, () => this.#begin());
    this.#follow(0);
  }

  #follow(at: number): void {
    const replica = this.#replicas[at % this.#replicas.length] as SimulatedReplica;
    const { epoch } = this.#epochs.newest;
    if (this.isDone) return;
    askChain(this.#address, replica, epoch, (links) => void this.#epochs.follow(links, epoch));
    this.#surroundings.world.after(ASK_MS / 3, () => this.#follow(at + 1));
  }

  #begin(): void {
    const [change] = this.#waiting;
    if (change === undefined) return;
    const { world } = this.#surroundings;
    if (this.#nemesis?.holdsStill() === false) {
      world.after(AGAIN_MS, () => this.#begin());
      return;
    }
    const operation = this.#operationOf(change);
    if (operation === undefined) this.#next();
    else this.#order(operation);
  }

  /** The next one at its own time, or now. */
  #next(): void {
    this.#waiting.shift();
    this.#tries = 0;
    this.#nemesis?.release();
    const next = this.#waiting[0];
    if (next !== undefined) this.#surroundings.world.at(next.atMs, () => this.#begin());
  }

  /** Undefined: nobody may ask for that now. */
  #operationOf({ add, remove, consent, faultyMax }: MemberChange): AdministrationParts | undefined {
    const current = this.#epochs.newest;
    const signerOf = (machine: number): Signer =>
      (this.#replicas[machine] as SimulatedReplica).signer;
    let next: Configuration;
    try {
      next = nextConfiguration(current, {
        add: add.map((machine) => ({
          publicKey: signerOf(machine).publicKey,
          address: memberAddressOf(machine),
        })),
        remove: remove.map((machine): PublicKey => signerOf(machine).publicKey),
        faultyMax,
      });
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      this.#surroundings.world.mark("member: a change that cannot be asked for");
      return undefined;
    }
    this.#surroundings.world.fault(`member: ${wordOf({ add, remove })}`);
    if (consent === "missing") return reconfigureOperation(current, next, []);
    const joining = add.map(signerOf);
    if (consent === "given") return reconfigureOperation(current, next, joining);
    // Under the right keys the administrator's own signatures.
    const forged = joining.map(({ publicKey }) => ({ publicKey, sign: this.#signer.sign }));
    return reconfigureOperation(current, next, forged);
  }

  #order(operation: AdministrationParts): void {
    const { cryptography, committee, world } = this.#surroundings;
    const { crypto } = cryptography;
    const built = buildWriteSet(
      {
        clusterId: committee.clusterId,
        epoch: this.#epochs.newest.epoch,
        writer: this.#signer.publicKey,
        session: this.#session,
        counter: ++this.#counter,
        notAfter: hlcFromMs(EPOCH_MS + world.nowMs + LIFE_MS),
        writes: [planAdministration("", operation).write],
        values: [],
      },
      this.#signer.sign,
      crypto.hash,
    );
    this.#watcher.issued(built.digest, toHex(this.#signer.publicKey));
    this.#submit(outgoingSet(crypto.hash, built.bytes));
  }

  #submit(set: OutgoingSet): void {
    const { world, cryptography } = this.#surroundings;
    let answered = false;
    this.#onAnswer = (body) => {
      const answer = submitAnswerCodec.tryDecode(body);
      if (answer === undefined || answered || answer.status !== SUBMIT_EXECUTED) return;
      if (toHex(answer.digest) !== toHex(set.digest)) return;
      const executed = checkExecuted(
        { crypto: cryptography.crypto, roots: this.#roots },
        set,
        answer,
      );
      if (typeof executed === "string") return;
      answered = true;
      this.#ordered(executed.outcomeOf(0));
    };
    const ask = (): void => {
      if (answered) return;
      for (const link of this.#links) link.ask(FRAME.submit, set.body);
      world.after(ASK_MS, ask);
    };
    ask();
  }

  #ordered(outcome: number): void {
    const { world } = this.#surroundings;
    world.mark(`member: ordered, outcome ${outcome}`);
    const isEarly =
      outcome === OUTCOME_RECONFIGURATION_PENDING || outcome === OUTCOME_RECONFIGURATION_STALE;
    if (isEarly && ++this.#tries < TRIES_MAX) world.after(AGAIN_MS, () => this.#begin());
    else this.#next();
  }
}

function wordOf({ add, remove }: Pick<MemberChange, "add" | "remove">): string {
  if (add.length === 0) return "remove";
  return remove.length === 0 ? "add" : "replace";
}
