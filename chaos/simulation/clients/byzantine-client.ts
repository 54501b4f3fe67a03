import { utf8 } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Prng } from "../../../base/prng.ts";
import type { PublicKey } from "../../../base/types.ts";
import { buildWriteSet } from "../../../consensus/build-write-set.ts";
import type { BuiltWriteSet } from "../../../consensus/build-write-set.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import { submitCodec } from "../../../consensus/wire/connection.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { OPERATION_PUT, writeSetCodec } from "../../../consensus/wire/write-set.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import { KIND_IMMUTABLE } from "../world/kinds.ts";
import type { Signer } from "../world/crypto-table.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import type { SimulatedReplica, Surroundings } from "../world/simulated-replica.ts";
import { ClientLink } from "./client-link.ts";
import type { ClientWatcher } from "./simulated-client.ts";

/** Ways of a client to do harm, by name. */
export const BYZANTINE_CLIENTS: readonly string[] = [
  "equivocate",
  "flood",
  "replay",
  "half-valid",
  "withhold-bytes",
];

const FLOOD_COUNT = 12;
const KEPT_MAX = 200;

/** An enrolled writer that lies. It harms itself at most: the other clients' progress shows that. */
export class ByzantineClient {
  readonly #surroundings: Surroundings;
  readonly #signer: Signer;
  readonly #ways: readonly string[];
  readonly #watcher: ClientWatcher;
  readonly #links: readonly ClientLink[];
  readonly #prng: Prng;
  /** Somebody else's key. */
  readonly #victim: PublicKey;
  readonly #session: Uint8Array;
  #sent: Uint8Array[] = [];
  #counter = 0;
  #ended = false;

  constructor(
    surroundings: Surroundings,
    replicas: readonly SimulatedReplica[],
    who: {
      readonly address: number;
      readonly signer: Signer;
      readonly ways: readonly string[];
      readonly watcher: ClientWatcher;
    },
  ) {
    this.#surroundings = surroundings;
    this.#signer = who.signer;
    this.#ways = who.ways;
    this.#watcher = who.watcher;
    this.#prng = surroundings.world.streams.of("byzantine client");
    this.#session = this.#prng.bytes(16);
    this.#victim = surroundings.genesis.writers[0]?.publicKey ?? who.signer.publicKey;
    this.#links = replicas.map((replica) => new ClientLink(replica, who.address, () => undefined));
  }

  start(): void {
    if (this.#ways.length === 0) return;
    const round = (): void => {
      if (this.#ended) return;
      this.#act(this.#ways[this.#prng.below(this.#ways.length)] as string);
      this.#surroundings.world.after(200 + this.#prng.below(1500), round);
    };
    this.#surroundings.world.after(this.#prng.below(2000), round);
  }

  /** Once the others are to be judged by their progress alone. */
  end(): void {
    this.#ended = true;
  }

  #act(way: string): void {
    this.#surroundings.world.fault(`client: ${way}`);
    switch (way) {
      case "equivocate": {
        const counter = ++this.#counter;
        const faces = [this.#set(counter), this.#set(counter)];
        for (const link of this.#links) {
          this.#submit(link, (faces[this.#prng.below(2)] as BuiltWriteSet).bytes);
        }
        return;
      }
      case "flood":
        for (let count = 0; count < FLOOD_COUNT; count++) {
          this.#submit(this.#someLink(), this.#set(++this.#counter).bytes);
        }
        return;
      case "replay": {
        const bytes = this.#sent[this.#prng.below(this.#sent.length)];
        if (bytes !== undefined) for (const link of this.#links) this.#submit(link, bytes);
        return;
      }
      case "half-valid":
        for (const link of this.#links) this.#submit(link, this.#halfValid());
        return;
      default: {
        const { bytes } = this.#set(++this.#counter, { inline: false });
        for (const link of this.#links) this.#submit(link, bytes);
      }
    }
  }

  /** A valid set but for one thing. */
  #halfValid(): Uint8Array {
    const { bytes } = this.#set(++this.#counter);
    const wire = writeSetCodec.decode(bytes);
    switch (this.#prng.below(6)) {
      case 5:
        return this.#set(++this.#counter, { isMisnamed: true }).bytes;
      case 4:
        return this.#set(this.#counter, { writer: this.#victim }).bytes;
      case 0:
        return writeSetCodec.encode({ ...wire, values: wire.values.map(otherBytes) });
      case 1:
        return writeSetCodec.encode({ ...wire, values: [] });
      case 2: {
        const signature = wire.signature.slice() as typeof wire.signature;
        signature[3] = (signature[3] as number) ^ 1;
        return writeSetCodec.encode({ ...wire, signature });
      }
      default:
        return bytes.slice(0, -3);
    }
  }

  /** In `writer`'s name, whoever signs; a misnamed value means what it says under another's digest. */
  #set(
    counter: number,
    {
      inline = true,
      writer = this.#signer.publicKey,
      isMisnamed = false,
    }: {
      readonly inline?: boolean;
      readonly writer?: PublicKey;
      readonly isMisnamed?: boolean;
    } = {},
  ): BuiltWriteSet {
    const { cryptography, committee, world } = this.#surroundings;
    const { hash } = cryptography.crypto;
    const value = utf8(`mallory ${counter} ${this.#prng.uint32()}`);
    const digest = hash(value);
    const name = `mallory ${this.#prng.below(50)}`;
    const write: Write = {
      operation: OPERATION_PUT,
      namespace: "default",
      key: keyOfName(hash, name),
      name,
      kind: this.#prng.chance(0.1) ? "no such kind" : KIND_IMMUTABLE,
      valueDigest: isMisnamed ? hash(digest) : digest,
      size: value.length,
      semanticDigest: digest,
      ttlMs: this.#prng.chance(0.5) ? 0 : 2000,
      succeeds: this.#prng.below(2),
      inline,
      administration: new Uint8Array(0),
    };
    const lifeMs = this.#prng.chance(0.3) ? 1500 : 60_000;
    const built = buildWriteSet(
      {
        clusterId: committee.clusterId,
        epoch: committee.epoch,
        writer,
        session: this.#session,
        counter,
        notAfter: hlcFromMs(EPOCH_MS + world.nowMs + lifeMs),
        writes: [write],
        values: inline ? [value] : [],
      },
      this.#signer.sign,
      hash,
    );
    if (writer === this.#signer.publicKey) this.#watcher.issued(built.digest, "mallory");
    if (this.#sent.length < KEPT_MAX) this.#sent.push(built.bytes);
    else this.#sent[this.#prng.below(KEPT_MAX)] = built.bytes;
    return built;
  }

  #submit(link: ClientLink, writeSet: Uint8Array): void {
    link.ask(FRAME.submit, submitCodec.encode({ writeSet }));
  }

  #someLink(): ClientLink {
    return this.#links[this.#prng.below(this.#links.length)] as ClientLink;
  }
}

/** Of the same size. */
function otherBytes(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 1);
}
