import { merkleRoot } from "../../../base/merkle.ts";
import type { Prng } from "../../../base/prng.ts";
import type { Epoch, Hash, ReplicaIndex } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";
import { votePackBody } from "../../../consensus/certificates.ts";
import { DOMAIN, signingBytes } from "../../../consensus/signing.ts";
import { DOMAIN_OF_SIGNED } from "../../../consensus/take-apart.ts";
import { signedCodec, voteCodec, votePackCodec } from "../../../consensus/wire/certificate.ts";
import type { SignedType, Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { SimulatedReplica, Surroundings } from "../world/simulated-replica.ts";
import type { Conspiracy } from "./conspiracy.ts";

/** A frame on its way out of a liar, to one peer. */
export interface LyingFrame {
  readonly to: ReplicaIndex;
  readonly kind: FrameKind;
  readonly body: Uint8Array;
  /** Leaves so much later. */
  readonly delayMs?: number;
}

/** One way to lie. What it leaves out it does honestly. */
export interface Strategy {
  readonly name: string;
  /** What leaves in a frame's place. */
  send?(frame: LyingFrame, liar: Liar): readonly LyingFrame[];
  /** What a client gets instead; undefined: nothing. */
  answer?(kind: FrameKind, body: Uint8Array, liar: Liar): Uint8Array | undefined;
  /** False: it never heard it. */
  hears?(from: ReplicaIndex, kind: FrameKind, body: Uint8Array, liar: Liar): boolean;
  /** The chain that it tells who asks for the links from an epoch on. */
  chain?(links: readonly Uint8Array[], from: Epoch, liar: Liar): readonly Uint8Array[];
  /** About every second of its own accord. */
  act?(liar: Liar): void;
}

/** A replica that lies: its key, its fellows, and what it remembers of what it could say again. */
export class Liar {
  readonly prng: Prng;
  readonly #index: ReplicaIndex;
  readonly surroundings: Surroundings;
  readonly conspiracy: Conspiracy;
  /** Its machine; set when it first speaks. */
  self: SimulatedReplica | undefined;
  /** What every strategy may keep. */
  readonly memory = new Map<string, unknown>();
  /** Hands a frame to the network as it is. */
  emit: (frame: LyingFrame) => void = () => undefined;

  constructor(index: ReplicaIndex, surroundings: Surroundings, conspiracy: Conspiracy) {
    this.#index = index;
    this.surroundings = surroundings;
    this.conspiracy = conspiracy;
    this.prng = surroundings.world.streams.of(`liar ${index}`);
  }

  /** Its place in the configuration that it is in, or was last. */
  get index(): ReplicaIndex {
    return this.self?.index ?? this.#index;
  }

  get committee(): Committee {
    return this.self?.process?.committee ?? this.surroundings.committee;
  }

  get hash(): (bytes: Uint8Array) => Hash {
    return this.surroundings.cryptography.crypto.hash;
  }

  get view(): number {
    return this.self?.process?.machine.status.view ?? 0;
  }

  get sequence(): number {
    return this.self?.process?.machine.status.sequence ?? 0;
  }

  /** A pack with a valid signature over these votes, in the shape of an honest one. */
  pack(votes: readonly Vote[]): Uint8Array {
    const { clusterId, epoch } = this.committee;
    const leaves = votes.map((vote) => voteCodec.encode(vote));
    const body = votePackBody(leaves.length, merkleRoot(this.hash, leaves));
    const signature = this.#sign(signingBytes(DOMAIN.votePack, clusterId, epoch, body));
    return votePackCodec.encode({ author: this.index, epoch, votes: leaves, signature });
  }

  signed(type: SignedType, body: Uint8Array): Uint8Array {
    const { clusterId, epoch } = this.committee;
    const signature = this.#sign(signingBytes(DOMAIN_OF_SIGNED[type], clusterId, epoch, body));
    return signedCodec.encode({ author: this.index, type, epoch, body, signature });
  }

  peers(): readonly ReplicaIndex[] {
    return this.committee.members.flatMap((_, index) =>
      index === this.index ? [] : [index as ReplicaIndex],
    );
  }

  toAll(kind: FrameKind, body: Uint8Array): void {
    for (const to of this.peers()) this.emit({ to, kind, body });
  }

  votes(votes: readonly Vote[]): void {
    this.toAll(FRAME.votePack, this.pack(votes));
  }

  #sign(message: Uint8Array): ReturnType<SimulatedReplica["signer"]["sign"]> {
    const { self } = this;
    if (self === undefined) throw new Error("a liar speaks before it runs");
    return self.signer.sign(message);
  }
}
