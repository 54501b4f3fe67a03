import { Epochs } from "../../../consensus/epochs/epochs.ts";
import { toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { EventScribe } from "../../../base/journal/event-scribe.ts";
import type { Prng } from "../../../base/prng.ts";
import type { Hash, ReplicaIndex, Sequence } from "../../../base/types.ts";
import { checkReadAnswer } from "../../../client/read/check-read-answer.ts";
import { KnownRoots } from "../../../client/link/known-roots.ts";
import { provenHeartbeat } from "../../../client/link/heartbeat-quorum.ts";
import { floorOf } from "../../../client/link/probe-quorum.ts";
import { checkExecuted } from "../../../client/write/check-submit-answer.ts";
import { outgoingSet } from "../../../client/write/signed-set.ts";
import type { OutgoingSet } from "../../../client/write/signed-set.ts";
import { buildWriteSet } from "../../../consensus/build-write-set.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import type { Heartbeat } from "../../../consensus/wire/certificate.ts";
import {
  READ_ANSWERED,
  SUBMIT_EXECUTED,
  SUBMIT_WANTS_VALUES,
  probeAnswerCodec,
  probeCodec,
  readAnswerCodec,
  readCodec,
  submitAnswerCodec,
} from "../../../consensus/wire/connection.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { ENTRY_CONFIRMED } from "../../../consensus/wire/rows.ts";
import { OPERATION_PUT } from "../../../consensus/wire/write-set.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import { KIND_IMMUTABLE, KIND_VERSIONED } from "../world/kinds.ts";
import type { Signer } from "../world/crypto-table.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import type { SimulatedReplica, Surroundings } from "../world/simulated-replica.ts";
import { ClientDrafts, NAMESPACE_PAIR } from "./client-drafts.ts";
import type { Draft } from "./client-drafts.ts";
import { ClientLink } from "./client-link.ts";
import type { OnAnswer } from "./client-link.ts";
import type { History, Operation } from "./history.ts";
import { answerDetail, requestDetail } from "./operation-events.ts";

/** A write set is given up after so long: agreed time forbids it then. */
const LIFE_MS = 240_000;

/** What it tells the checkers of each operation that came back. */
export interface ClientWatcher {
  issued(digest: Hash, writer: string): void;
  wrote(client: SimulatedClient, operation: Operation, digest: Hash): void;
  read(client: SimulatedClient, operation: Operation, proven: ReadProof): void;
}

export interface ReadProof {
  readonly namespace: string;
  readonly key: Hash;
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly rowBytes: Uint8Array;
  readonly floor: Sequence;
}

type Read = Extract<Operation["op"], `read-${string}`>;

/**
 * A client with one operation in flight at a time. It believes nothing: every answer goes through
 * the client library's own checks, and whatever fails them is as good as silence.
 */
export class SimulatedClient {
  readonly number: number;
  readonly #surroundings: Surroundings;
  readonly #signer: Signer;
  readonly #links: ClientLink[];
  readonly #prng: Prng;
  readonly #history: History;
  readonly #watcher: ClientWatcher;
  readonly #session: Uint8Array;
  readonly roots: KnownRoots;
  readonly #epochs: Epochs;
  #nextTeller = 0;
  readonly #target: number;
  readonly #thinkMs: number;
  readonly #beatMs: number;
  #counter = 0;
  #nextReplica = 0;
  #onAnswer: OnAnswer = () => undefined;
  /** Of reads and writes: a session read never goes below. */
  floor = 0 as Sequence;
  readonly #drafts: ClientDrafts;
  readonly #scribe: EventScribe | undefined;
  doneCount = 0;
  committedCount = 0;
  #running: Operation | undefined;

  constructor(
    surroundings: Surroundings,
    replicas: readonly SimulatedReplica[],
    who: {
      readonly number: number;
      readonly address: number;
      readonly signer: Signer;
      readonly history: History;
      readonly watcher: ClientWatcher;
      readonly target: number;
      readonly thinkMs: number;
      readonly beatMs: number;
    },
  ) {
    const { world, cryptography, committee } = surroundings;
    this.number = who.number;
    this.#surroundings = surroundings;
    this.#signer = who.signer;
    this.#history = who.history;
    this.#watcher = who.watcher;
    this.#target = who.target;
    this.#thinkMs = who.thinkMs;
    this.#beatMs = who.beatMs;
    this.#prng = world.streams.of(`client ${who.number}`);
    this.#session = this.#prng.bytes(16);
    this.#scribe = world.journal?.clientScribe(who.number);
    const { hash } = cryptography.crypto;
    this.#drafts = new ClientDrafts(who.number, { prng: this.#prng, hash });
    this.#epochs = new Epochs(cryptography.crypto, committee);
    this.roots = new KnownRoots(this.#epochs);
    this.#links = replicas.map(
      (replica) =>
        new ClientLink(
          replica,
          who.address,
          (from, kind, body, link) => this.#onAnswer(from, kind, body, link),
          this.#scribe,
        ),
    );
    this.#nextReplica = who.number;
  }

  /** Its target is reached and nothing is in flight. */
  get isDone(): boolean {
    return this.committedCount >= this.#target && this.#running === undefined;
  }

  get waitingSinceMs(): number | undefined {
    return this.#running?.invokedAt;
  }

  start(): void {
    this.#later(this.#prng.below(1000));
  }

  #next(): void {
    if (this.committedCount >= this.#target) return;
    const choice = this.#prng.below(100);
    const { nowMs } = this.#surroundings.world;
    if (choice < 35) this.#put(this.#drafts.freshPut());
    else if (choice < 52) this.#put(this.#drafts.sharedPut(nowMs));
    else if (choice < 63) this.#put(this.#drafts.versionedPut());
    else if (choice < 74) this.#put(this.#drafts.withdrawal(nowMs));
    else if (choice < 83) this.#read("read-certified");
    else if (choice < 91) this.#read("read-session");
    else this.#read("read-linearizable");
  }

  #finish(operation: Operation): void {
    const { world } = this.#surroundings;
    operation.returnedAt = world.nowMs;
    this.#scribe?.note("answer", answerDetail(operation));
    this.#running = undefined;
    this.#onAnswer = () => undefined;
    this.doneCount++;
    const pauseMs = this.#thinkMs * (0.5 + this.#prng.below(1000) / 1000);
    this.#later(pauseMs);
  }

  /** After this pause, and then on the next beat. */
  #later(pauseMs: number): void {
    const { world } = this.#surroundings;
    const earliestMs = world.nowMs + pauseMs;
    const beatMs = this.#beatMs;
    const atMs = beatMs === 0 ? earliestMs : Math.ceil(earliestMs / beatMs) * beatMs;
    world.at(atMs, () => this.#next());
  }

  // ---- writes

  #put({ name, write, value }: Draft): void {
    const { cryptography, world } = this.#surroundings;
    const committee = this.#epochs.newest;
    const { hash } = cryptography.crypto;
    const built = buildWriteSet(
      {
        clusterId: committee.clusterId,
        epoch: committee.epoch,
        writer: this.#signer.publicKey,
        session: this.#session,
        counter: ++this.#counter,
        notAfter: hlcFromMs(EPOCH_MS + world.nowMs + LIFE_MS),
        writes: [write],
        values: write.inline && value !== undefined ? [value] : [],
      },
      this.#signer.sign,
      hash,
    );
    this.#watcher.issued(built.digest, toHex(this.#signer.publicKey));
    const operation = this.#history.begin({
      process: this.number,
      op: write.operation === OPERATION_PUT ? "put" : "withdraw",
      key: name,
      value: write.valueDigest && toHex(write.valueDigest),
      kind: write.kind,
      succeeds: write.succeeds,
      invokedAt: world.nowMs,
    });
    this.#scribe?.note("request", requestDetail(operation, write, built.digest));
    this.#submit(operation, outgoingSet(hash, built.bytes), write, value);
  }

  #submit(
    operation: Operation,
    set: OutgoingSet,
    write: Write,
    value: Uint8Array | undefined,
  ): void {
    this.#running = operation;
    const { crypto } = this.#surroundings.cryptography;
    this.#onAnswer = (from, kind, body, link) => {
      if (kind !== FRAME.submitAnswer) return;
      const answer = submitAnswerCodec.tryDecode(body);
      if (answer === undefined || toHex(answer.digest) !== toHex(set.digest)) return;
      if (answer.status === SUBMIT_WANTS_VALUES && value !== undefined && write.valueDigest) {
        // A twin's brother gets it, where there are twins: they have one number.
        const asking = this.#surroundings.changesMembers ? link : this.#links[from];
        asking?.upload(write.valueDigest, value);
      }
      if (answer.status !== SUBMIT_EXECUTED) return;
      const executed = checkExecuted({ crypto, roots: this.roots }, set, answer);
      if (typeof executed === "string") {
        this.#surroundings.world.mark(`client: a lie refused, ${executed}`);
        return;
      }
      operation.outcome = executed.outcomeOf(0);
      operation.sequence = executed.sequence;
      if (executed.root.sequence > this.floor) this.floor = executed.root.sequence;
      this.committedCount++;
      operation.returnedAt = this.#surroundings.world.nowMs;
      this.#watcher.wrote(this, operation, set.digest);
      this.#finish(operation);
    };
    this.#keepAsking(operation, (attempt) => {
      const everybody = attempt > 0 || !set.inline || this.#prng.chance(0.3);
      for (const link of everybody ? this.#links : [this.#someLink()]) {
        link.ask(FRAME.submit, set.body);
      }
    });
  }

  // ---- reads

  #read(op: Read): void {
    const { world } = this.#surroundings;
    const isShared = this.#prng.chance(0.5);
    const name = isShared ? this.#drafts.sharedName(world.nowMs) : this.#drafts.counterName();
    const operation = this.#history.begin({
      process: this.number,
      op,
      key: name,
      value: undefined,
      kind: isShared ? KIND_IMMUTABLE : KIND_VERSIONED,
      succeeds: 0,
      invokedAt: world.nowMs,
    });
    this.#scribe?.note("request", { what: op, namespace: NAMESPACE_PAIR, name });
    this.#running = operation;
    if (op === "read-linearizable") this.#probe(operation);
    else this.#readAt(operation, op === "read-session" ? this.floor : (0 as Sequence));
  }

  #probe(operation: Operation): void {
    const { crypto } = this.#surroundings.cryptography;
    const nonce = this.#prng.bytes(32);
    const answers = new Map<ReplicaIndex, Heartbeat>();
    let committee = this.#epochs.newest;
    this.#onAnswer = (from, kind, body) => {
      if (kind !== FRAME.probeAnswer) return;
      // Answers of one configuration, as client/link/probe-quorum.ts has it.
      if (committee !== this.#epochs.newest) answers.clear();
      committee = this.#epochs.newest;
      const signed = probeAnswerCodec.tryDecode(body)?.heartbeat;
      if (signed === undefined || signed.author !== from) return;
      const heartbeat = provenHeartbeat(crypto, committee, signed);
      if (heartbeat === undefined || toHex(heartbeat.nonce) !== toHex(nonce)) return;
      answers.set(from, heartbeat);
      if (answers.size >= quorumOf(committee)) {
        this.#readAt(operation, floorOf(committee, answers));
      }
    };
    const body = probeCodec.encode({ id: 1, nonce });
    this.#keepAsking(operation, () => {
      for (const link of this.#links) link.ask(FRAME.probe, body);
    });
  }

  #readAt(operation: Operation, floor: Sequence): void {
    const { crypto } = this.#surroundings.cryptography;
    const key = keyOfName(crypto.hash, operation.key);
    const namespace = NAMESPACE_PAIR;
    const check = { crypto, roots: this.roots, namespace, key, floor };
    const id = this.#prng.uint32();
    this.#onAnswer = (_from, kind, body) => {
      if (kind !== FRAME.readAnswer) return;
      const answer = readAnswerCodec.tryDecode(body);
      if (answer?.id !== id) return;
      if (answer.status !== READ_ANSWERED) return;
      const judged = checkReadAnswer(check, answer);
      if (judged.type === "lie")
        this.#surroundings.world.mark(`client: a lie refused, ${judged.reason}`);
      if (judged.type !== "accepted") return;
      const { root, row, rowBytes } = judged.value;
      operation.value = row?.state === ENTRY_CONFIRMED ? toHex(row.valueDigest) : undefined;
      operation.outcome = row?.version ?? 0;
      operation.sequence = root.sequence;
      if (row !== undefined) this.#drafts.sawVersion(operation.key, row.version);
      operation.returnedAt = this.#surroundings.world.nowMs;
      const { sequence, stateRoot } = root;
      const proof = { namespace, key, sequence, stateRoot, rowBytes, floor };
      this.#watcher.read(this, operation, proof);
      if (operation.op !== "read-certified" && sequence > this.floor) this.floor = sequence;
      this.#finish(operation);
    };
    const body = readCodec.encode({
      id,
      namespace,
      key,
      floorSequence: floor,
      knownSequence: 0 as Sequence,
      wantValue: true,
    });
    this.#keepAsking(operation, () => this.#someLink().ask(FRAME.read, body));
  }

  #someLink(): ClientLink {
    return this.#links[this.#nextReplica++ % this.#links.length] as ClientLink;
  }

  /** Who gets no answer may not know whom to believe. */
  #followChain(): void {
    if (!this.#surroundings.changesMembers) return;
    const link = this.#links[this.#nextTeller++ % this.#links.length] as ClientLink;
    const { epoch } = this.#epochs.newest;
    link.askChain(epoch, (links) => void this.#epochs.follow(links, epoch));
  }

  /** Asks, and asks again ever more slowly, while this operation waits for this kind of answer. */
  #keepAsking(operation: Operation, ask: (attempt: number) => void): void {
    const mine = this.#onAnswer;
    const round = (attempt: number): void => {
      if (this.#running !== operation || this.#onAnswer !== mine) return;
      if (attempt > 0) this.#followChain();
      ask(attempt);
      const waitMs = Math.min(2000, 250 * 2 ** Math.min(attempt, 4));
      this.#surroundings.world.after(waitMs * (0.75 + this.#prng.below(500) / 1000), () =>
        round(attempt + 1),
      );
    };
    round(0);
  }
}
