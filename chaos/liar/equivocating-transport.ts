import { toHex } from "../../base/bytes.ts";
import { hlcNext } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash, ReplicaIndex } from "../../base/types.ts";
import { batchDigest } from "../../consensus/hashing.ts";
import { Verifier } from "../../consensus/verifier.ts";
import { batchCodec } from "../../consensus/wire/agreement.ts";
import {
  SIGNED_STATEMENT,
  signedCodec,
  statementCodec,
  VOTE_PRE_PREPARE,
  voteCodec,
  votePackCodec,
} from "../../consensus/wire/certificate.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { Identity } from "../../node/transport/handshake.ts";
import type { PeerState, Transport, TransportHandler } from "../../node/transport/transport.ts";
import { flipped } from "./forger.ts";
import type { LiePlan, LiesTold } from "./lies.ts";

/** Proposals whose twins are remembered until their pre-prepares have left. */
const TWIN_COUNT_MAX = 512;

/**
 * A primary that equivocates: the batch of one backup, or of each, differs from the others' in its
 * time, and so does the signed pre-prepare. Everything that leaves is well formed and truly signed.
 */
export class EquivocatingTransport implements Transport {
  readonly index: ReplicaIndex;
  readonly #inner: Transport;
  readonly #identity: Identity;
  readonly #verifier: Verifier;
  readonly #plan: LiePlan;
  readonly #told: LiesTold;
  /** Digest of the true batch → backup → digest of what it got instead. */
  readonly #twins = new Map<string, ReadonlyMap<ReplicaIndex, Hash>>();
  #proposalCount = 0;
  #statementCount = 0;

  constructor(inner: Transport, identity: Identity, lying: { plan: LiePlan; told: LiesTold }) {
    this.index = inner.index;
    this.#inner = inner;
    this.#identity = identity;
    this.#verifier = new Verifier({
      committeeOf: () => identity.committee,
      crypto: nodeCrypto,
      semanticDigestOf: () => undefined,
    });
    this.#plan = lying.plan;
    this.#told = lying.told;
  }

  open(handler: TransportHandler): void {
    this.#inner.open(handler);
  }

  peers(): readonly PeerState[] {
    return this.#inner.peers();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    if (kind === FRAME.batch && to === "all") this.#sendBatch(body);
    else if (kind === FRAME.votePack) this.#sendVotes(to, body);
    else if (kind === FRAME.signed && to === "all") this.#sendSigned(body);
    else this.#inner.send(to, kind, body);
  }

  get #others(): readonly ReplicaIndex[] {
    return this.#inner.peers().map((peer) => peer.index);
  }

  #sendBatch(body: Uint8Array): void {
    const { equivocation } = this.#plan;
    const count = this.#proposalCount++;
    const twins = new Map<ReplicaIndex, Hash>();
    let batch = batchCodec.tryDecode(body);
    for (const [place, other] of this.#others.entries()) {
      const isDeceived = equivocation === "each" ? place > 0 : place === count % 3;
      if (equivocation === undefined || batch === undefined || !isDeceived) {
        this.#inner.send(other, FRAME.batch, body);
        continue;
      }
      batch = { ...batch, proposedTime: hlcNext(batch.proposedTime) };
      const twin = batchCodec.encode(batch);
      twins.set(other, batchDigest(nodeCrypto.hash, twin));
      this.#inner.send(other, FRAME.batch, twin);
    }
    if (twins.size === 0) return;
    this.#twins.set(toHex(batchDigest(nodeCrypto.hash, body)), twins);
    if (this.#twins.size > TWIN_COUNT_MAX) {
      this.#twins.delete(this.#twins.keys().next().value as string);
    }
  }

  #sendVotes(to: ReplicaIndex | "all", body: Uint8Array): void {
    const votes = votePackCodec.decode(body).votes.map((vote) => voteCodec.decode(vote));
    for (const other of to === "all" ? this.#others : [to]) {
      const told = votes.map((vote) => this.#voteFor(other, vote));
      if (told.every((vote, index) => vote === votes[index])) {
        this.#inner.send(other, FRAME.votePack, body);
        continue;
      }
      this.#told.add("equivocation");
      const { committee, sign } = this.#identity;
      const own = { author: this.index, epoch: committee.epoch, votes: told };
      this.#inner.send(other, FRAME.votePack, this.#verifier.packOwnVotes(own, sign).bytes);
    }
  }

  #voteFor(other: ReplicaIndex, vote: Vote): Vote {
    if (vote.type !== VOTE_PRE_PREPARE) return vote;
    const digest = this.#twins.get(toHex(vote.digest))?.get(other);
    return digest === undefined ? vote : { ...vote, digest };
  }

  /** Every second statement speaks of another root to every second peer, which then hears both. */
  #sendSigned(body: Uint8Array): void {
    const signed = signedCodec.decode(body);
    const { author, epoch, type } = signed;
    if (!this.#plan.statements || type !== SIGNED_STATEMENT || this.#statementCount++ % 2 === 0) {
      this.#inner.send("all", FRAME.signed, body);
      return;
    }
    const statement = statementCodec.decode(signed.body);
    const stateRoot = flipped(statement.stateRoot);
    const lie = statementCodec.encode({ ...statement, stateRoot });
    const { sign } = this.#identity;
    const { bytes } = this.#verifier.signOwn({ author, epoch, type, body: lie }, sign);
    this.#told.add("wrong-statement");
    for (const [place, other] of this.#others.entries()) {
      if (place % 2 === 0) this.#inner.send(other, FRAME.signed, bytes);
      this.#inner.send(other, FRAME.signed, body);
    }
  }
}
