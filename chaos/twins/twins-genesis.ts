import { compareBytes, utf8 } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch } from "../../base/types.ts";
import { buildWriteSet } from "../../consensus/build-write-set.ts";
import type { BuiltWriteSet } from "../../consensus/build-write-set.ts";
import { genesisCommittee, genesisOf } from "../../consensus/genesis.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Verifier } from "../../consensus/verifier.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { OPERATION_PUT } from "../../consensus/wire/write-set.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { tableCryptography } from "../simulation/world/crypto-table.ts";
import type { Cryptography, Signer } from "../simulation/world/crypto-table.ts";
import { KIND_IMMUTABLE, semanticDigestOf } from "../simulation/world/kinds.ts";
import { Findings, SharedVerifier } from "../simulation/world/shared-verifier.ts";

/** Virtual time begins here, milliseconds since 1970. */
export const BEGIN_MS = 1_700_000_000_000;
/** No write set lapses while a scenario lasts. */
const LIFE_MS = 500_000;
/** One for each block of a partition. */
const WRITER_COUNT = 3;

/** What all scenarios of one size of cluster share: keys, genesis and the requests of clients. */
export class TwinsGenesis {
  readonly cryptography: Cryptography = tableCryptography();
  readonly genesis: Genesis;
  readonly committee: Committee;
  /** One for all: a verdict follows from the bytes, and whoever comes first finds it for everybody. */
  readonly verifier: Verifier;
  readonly signers: readonly Signer[];
  readonly #writers: readonly Signer[];
  readonly #requests = new Map<string, BuiltWriteSet>();

  constructor(memberCount: number, faultyMax: number) {
    const { signerOf, crypto } = this.cryptography;
    const many = (count: number, name: string): Signer[] =>
      Array.from({ length: count }, (_, number) => signerOf(`${name} ${number}`));
    this.signers = many(memberCount, "replica");
    this.#writers = many(WRITER_COUNT, "writer");
    const writers = this.#writers.map(({ publicKey }, number) => ({
      publicKey,
      operator: `operator ${number}`,
      namespaces: ["*"],
      administrator: false,
    }));
    this.genesis = genesisOf(crypto.hash, {
      name: "twins",
      members: this.signers.map(({ publicKey }, index) => ({
        publicKey,
        address: `replica:${index}`,
      })),
      faultyMax,
      writers: writers.sort((left, right) => compareBytes(left.publicKey, right.publicKey)),
      namespaces: [],
      time: hlcFromMs(BEGIN_MS),
    });
    const committee = genesisCommittee(this.genesis);
    this.committee = committee;
    const options = {
      committeeOf: (epoch: Epoch) => (epoch === committee.epoch ? committee : undefined),
      crypto,
      semanticDigestOf,
    };
    const findings = new Findings();
    this.verifier = new SharedVerifier(options, () => findings);
  }

  /** What a client asks of one block in one round. Built once, for it is the same in all scenarios. */
  request(writer: number, counter: number): BuiltWriteSet {
    const name = `${writer}/${counter}`;
    const known = this.#requests.get(name);
    if (known !== undefined) return known;
    const { crypto } = this.cryptography;
    const value = utf8(`value ${name}`);
    const { publicKey, sign } = this.#writers[writer] as Signer;
    const parts = {
      clusterId: this.genesis.clusterId,
      epoch: 0 as Epoch,
      writer: publicKey,
      session: crypto.hash(utf8(`session ${writer}`)).slice(0, 16),
      counter,
      notAfter: hlcFromMs(BEGIN_MS + LIFE_MS),
      writes: [this.#putOf(name, value)],
      values: [value],
    };
    const built = buildWriteSet(parts, sign, crypto.hash);
    this.#requests.set(name, built);
    return built;
  }

  #putOf(name: string, value: Uint8Array): Write {
    const { hash } = this.cryptography.crypto;
    return {
      operation: OPERATION_PUT,
      namespace: "default",
      key: keyOfName(hash, name),
      name,
      kind: KIND_IMMUTABLE,
      valueDigest: hash(value),
      size: value.length,
      semanticDigest: hash(value),
      ttlMs: 0,
      succeeds: 0,
      inline: true,
      administration: new Uint8Array(0),
    };
  }
}
