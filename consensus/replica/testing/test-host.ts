import { invariant } from "../../../base/assert.ts";
import { toHex } from "../../../base/bytes.ts";
import type { Epoch, ReplicaIndex, Sequence, Signature } from "../../../base/types.ts";
import { DOMAIN, signingBytes } from "../../signing.ts";
import { Refusal } from "../../refusal.ts";
import { peekVotePack } from "../../take-apart.ts";
import { Verifier } from "../../verifier.ts";
import {
  fetchBatchCodec,
  fetchCommittedCodec,
  fetchStableCodec,
  stableCodec,
} from "../../wire/agreement.ts";
import { statementCodec } from "../../wire/certificate.ts";
import type { SignedType, Vote } from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import type { FrameKind } from "../../wire/frame.ts";
import type { Input, Now } from "../input.ts";
import type { Output, PromiseRecord } from "../output.ts";
import { Replica } from "../replica.ts";
import type { Timing } from "../timing.ts";
import { CountingApplication } from "./counting-application.ts";
import type { CountingState } from "./counting-application.ts";
import type { TestCluster } from "./test-cluster.ts";
import { semanticDigestOf } from "./test-writer.ts";
import { tableCrypto } from "./table-crypto.ts";
import type { TableKey } from "./table-crypto.ts";

interface TestHostOptions {
  readonly index: ReplicaIndex;
  readonly key: TableKey;
  readonly writers: ReadonlySet<string>;
  readonly timing: Partial<Timing>;
}

/** What a liar does instead of sending its votes: answers what each peer is to see. */
export type VoteForger = (to: ReplicaIndex, votes: readonly Vote[]) => readonly Vote[];

/** A host as `node/` has one, with memory for a disk: durable before sent, own messages fed back. */
export class TestHost {
  readonly index: ReplicaIndex;
  readonly #cluster: TestCluster;
  readonly #options: TestHostOptions;
  /** The promise file. */
  promises: PromiseRecord[] | "missing" = [];
  /** The store: where the application stood when it was last written behind. */
  stored: CountingState | undefined;
  /** The next boot finds its rows damaged: only a transfer helps. */
  rowsDamaged = false;
  application: CountingApplication;
  replica!: Replica;
  verifier!: Verifier;
  isUp = true;
  /** Which epoch it takes part in: others may have gone on. */
  epoch = 0 as Epoch;
  forger: VoteForger | undefined;
  /** What a liar signs instead of its own messages. */
  forgeSigned: ((type: SignedType, body: Uint8Array) => Uint8Array) | undefined;
  clockAheadMs = 0;
  readonly outputs: Output[] = [];
  readonly states = new Map<number, CountingState>();
  readonly certifiedRoots = new Map<number, string>();
  readonly executions: string[] = [];
  readonly #cast = new Map<string, string>();
  transfersFail = false;
  /** What the replica said of its next tick, while nothing else has come. */
  #tickDueMs = 0;

  constructor(cluster: TestCluster, options: TestHostOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.index = options.index;
    this.application = new CountingApplication(options.writers);
  }

  get isLiar(): boolean {
    return this.forger !== undefined || this.forgeSigned !== undefined;
  }

  /** Starts, or starts again, from promises and store. */
  boot(): void {
    const { committee, committees, entry } = this.#cluster;
    this.epoch = committee.epoch;
    this.isUp = true;
    this.#tickDueMs = 0;
    this.application = new CountingApplication(this.#options.writers);
    for (const [epoch, end] of this.#cluster.epochEnds) this.application.epochEnds.set(epoch, end);
    if (this.stored !== undefined) this.application.restore(this.stored);
    this.application.isWhole = !this.rowsDamaged;
    this.rowsDamaged = false;
    this.verifier = new Verifier({
      committeeOf: (epoch) => committees[epoch],
      endOf: (epoch) => (epoch + 1 === committee.epoch ? entry?.boundary : undefined),
      crypto: tableCrypto,
      semanticDigestOf,
    });
    const { promises } = this;
    this.replica = new Replica(
      {
        committee,
        index: this.index,
        timing: this.#options.timing,
        promises: promises === "missing" ? promises : [...promises],
        entry,
      },
      { application: this.application, crypto: tableCrypto, verifier: this.verifier },
    );
    this.step({ type: "start" });
  }

  /** As by an execution: the next tick has something to do. */
  learnEnd(epoch: Epoch, sequence: Sequence): void {
    this.application.epochEnds.set(epoch, sequence);
    this.#tickDueMs = 0;
  }

  /** In the same process: the application stands where it stood, nothing is promised yet. */
  enterEpoch(): void {
    const { entry } = this.#cluster;
    this.stored = this.application.snapshot();
    this.promises = entry ? [{ type: "stable", certificate: entry.certificate }] : [];
    this.#cast.clear();
    this.boot();
  }

  /** What this member's key makes of a statement, whether it should sign it or not. */
  signStatement(body: Uint8Array): Signature {
    const { epoch } = statementCodec.decode(body);
    const { clusterId } = this.#cluster.committee;
    return this.#options.key.sign(signingBytes(DOMAIN.statement, clusterId, epoch, body));
  }

  crash({ storeLost = false } = {}): void {
    this.isUp = false;
    // The store is written behind: it may lag, and never runs ahead of the promises.
    if (this.#cluster.prng.chance(0.5)) this.stored = this.application.snapshot();
    if (storeLost) this.stored = undefined;
  }

  tick(): void {
    if (this.isUp) this.step({ type: "tick" });
  }

  now(): Now {
    const { nowMs } = this.#cluster;
    const ahead = BigInt(this.clockAheadMs) << 16n;
    return {
      monotonicMs: nowMs,
      reading: (this.#cluster.hlc() + ahead) as Now["reading"],
      clockCertain: true,
    };
  }

  submit(bytes: Uint8Array): void {
    if (this.isUp) this.#takeWriteSet(bytes, "client");
  }

  receive(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    if (!this.isUp) return;
    if (kind === FRAME.forward) return this.#takeWriteSet(body, "replica");
    for (const input of this.#inputsOf(from, kind, body)) this.step(input);
  }

  step(input: Input): void {
    const now = this.now();
    const isIdle = input.type === "tick" && now.monotonicMs < this.#tickDueMs;
    const outputs = this.replica.step(input, now);
    invariant(!isIdle || outputs.length === 0, "a tick that is not due does nothing");
    const isQuiet = input.type === "tick" && outputs.length === 0;
    this.#tickDueMs = isQuiet ? this.replica.tickDueMs : 0;
    this.carryOut(outputs);
  }

  /** Persist first, then sign and send, then feed our own back. */
  carryOut(outputs: readonly Output[]): void {
    const votes: Vote[] = [];
    const own: Input[] = [];
    for (const output of outputs) {
      this.outputs.push(output);
      if (output.type === "persist" && this.promises !== "missing") {
        this.promises.push(output.record);
      }
    }
    for (const output of outputs) {
      if (output.type === "vote") {
        this.#checkVote(output.vote);
        votes.push(output.vote);
      } else own.push(...this.#carryOutOne(output));
    }
    if (votes.length > 0) own.push(...this.#sendVotes(votes));
    for (const input of own) this.step(input);
  }

  /** Over the whole life of this replica, restarts included: never two votes in one place. */
  #checkVote(vote: Vote): void {
    if (vote.sequence === 0) return;
    const place = `${vote.type}/${vote.view}/${vote.sequence}`;
    const digest = toHex(vote.digest);
    const before = this.#cast.get(place) ?? digest;
    if (before !== digest) throw new Error(`replica ${this.index} voted twice at ${place}`);
    this.#cast.set(place, digest);
  }

  #carryOutOne(output: Output): Input[] {
    const { epoch, index: author } = this;
    switch (output.type) {
      case "sign": {
        const type = output.signedType;
        const body = this.forgeSigned?.(type, output.body) ?? output.body;
        const message = { author, epoch, type, body };
        const { bytes, input } = this.verifier.signOwn(message, this.#options.key.sign);
        this.#cluster.send(author, "all", FRAME.signed, bytes);
        return [input];
      }
      case "send":
        this.#cluster.send(author, output.to, output.kind, output.body);
        return [];
      case "executed":
        this.states.set(output.sequence, this.application.snapshot());
        for (const { writeSet, result } of output.writeSets) {
          if (result !== undefined) this.executions.push(toHex(writeSet.digest));
        }
        return [];
      case "certified":
        this.certifiedRoots.set(
          output.sequence,
          toHex(statementCodec.decode(output.certificate.statement).stateRoot),
        );
        return [];
      case "truncate":
        this.#truncate(output.below);
        return [];
      case "transfer":
        return this.#transfer(output);
      default:
        return [];
    }
  }

  #sendVotes(votes: readonly Vote[]): readonly Input[] {
    const { sign } = this.#options.key;
    const { epoch, index: author } = this;
    const packed = this.verifier.packOwnVotes({ author, epoch, votes }, sign);
    if (this.forger === undefined) this.#cluster.send(author, "all", FRAME.votePack, packed.bytes);
    else {
      for (const { index: to } of this.#cluster.hosts) {
        const shown = this.forger(to, votes);
        if (to === author || shown.length === 0) continue;
        const { bytes } = this.verifier.packOwnVotes({ author, epoch, votes: shown }, sign);
        this.#cluster.send(author, to, FRAME.votePack, bytes);
      }
    }
    return packed.votes.map((vote) => ({ type: "vote", vote }));
  }

  #transfer({ certificate }: Extract<Output, { readonly type: "transfer" }>): Input[] {
    const { sequence } = statementCodec.decode(certificate.statement);
    const state = this.transfersFail ? undefined : this.#cluster.stateAt(certificate);
    if (state === undefined) return [{ type: "transfer-failed", sequence }];
    this.application.restore(state);
    this.application.isWhole = true;
    this.states.set(sequence, state);
    this.stored = this.application.snapshot();
    return [{ type: "transferred", certificate }];
  }

  #truncate(below: Sequence): void {
    if (this.promises === "missing") return;
    if (this.application.sequence >= below) this.stored = this.application.snapshot();
    const floor: PromiseRecord = { type: "floor", below };
    const kept = this.promises.filter(
      (record) => record.type !== "floor" && (sequenceOf(record) ?? Infinity) > below,
    );
    this.promises = [floor, ...kept];
  }

  #takeWriteSet(bytes: Uint8Array, origin: "client" | "replica"): void {
    const writeSet = this.verifier.writeSet(bytes);
    if (writeSet instanceof Refusal) return;
    this.step({ type: "write-set", writeSet, origin });
    if (!writeSet.inline) this.step({ type: "available", digest: writeSet.digest });
  }

  #inputsOf(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): readonly Input[] {
    const { verifier } = this;
    switch (kind) {
      case FRAME.votePack: {
        const peeked = peekVotePack(body);
        if (peeked instanceof Refusal || !this.replica.needs(peeked)) return [];
        return believed(verifier.votePack(body)).flatMap((votes) =>
          votes.map((vote) => ({ type: "vote", vote }) as const),
        );
      }
      case FRAME.signed:
        return believed(verifier.signed(body));
      case FRAME.batch:
        return believed(verifier.batch(body)).map((batch) => ({ type: "batch", from, batch }));
      case FRAME.availability:
        return believed(verifier.availability(body)).map((certificate) => ({
          type: "availability",
          certificate,
        }));
      case FRAME.committed:
        return believed(verifier.committed(body)).map((both) => ({ type: "committed", ...both }));
      case FRAME.stable:
        return believed(verifier.statementCertificate(stableCodec.decode(body).certificate)).map(
          (certificate) => ({ type: "certificate", certificate }),
        );
      case FRAME.proposal:
        return believed(verifier.proposal(body)).map((proposal) => ({
          type: "proposal",
          from,
          proposal,
        }));
      case FRAME.fetchBatch:
        return [{ type: "fetch-batch", from, fetch: fetchBatchCodec.decode(body) }];
      case FRAME.fetchCommitted:
        return [{ type: "fetch-committed", from, fetch: fetchCommittedCodec.decode(body) }];
      case FRAME.fetchStable:
        return [{ type: "fetch-stable", from, fetch: fetchStableCodec.decode(body) }];
      default:
        return [];
    }
  }
}

function believed<T>(checked: T | Refusal): readonly T[] {
  return checked instanceof Refusal ? [] : [checked];
}

function sequenceOf(record: PromiseRecord): number | undefined {
  switch (record.type) {
    case "batch":
    case "statement":
      return record.sequence;
    case "vote":
      return record.vote.sequence;
    case "prepared":
    case "committed":
      return record.certificate.sequence;
    case "stable":
    case "weak-root":
      return statementCodec.decode(record.certificate.statement).sequence;
    default:
      return undefined;
  }
}
