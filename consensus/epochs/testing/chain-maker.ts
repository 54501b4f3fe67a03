import type { Epoch, ReplicaIndex, Sequence } from "../../../base/types.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import { quorumOf } from "../../committee.ts";
import type { Committee } from "../../committee.ts";
import { AuthenticatedMap } from "../../map/trie.ts";
import { rowHash } from "../../map/node-hash.ts";
import { configurationStateKey } from "../../map/state-keys.ts";
import { sha256, tableKey } from "../../replica/testing/table-crypto.ts";
import { DOMAIN, signingBytes } from "../../signing.ts";
import { statementCodec } from "../../wire/certificate.ts";
import type { StatementCertificate } from "../../wire/certificate.ts";
import { configurationRowCodec, linkCodec } from "../../wire/configuration.ts";
import type { ConfigurationRow } from "../../wire/configuration.ts";
import type { MapProof } from "../../wire/receipt.ts";

const INTERVAL = 128;

/** Four members of each epoch; one of them is new in each. */
export function committeeOf(epoch: number, faultyMax = 1): Committee {
  const members = [0, 1, 2, 3].map((place) => {
    const name = `member ${epoch + place}`;
    return { publicKey: tableKey(name).publicKey, address: `host:${7400 + epoch + place}` };
  });
  const clusterId = sha256(Uint8Array.of(7));
  return { clusterId, epoch: epoch as Epoch, members, faultyMax };
}

/** The last sequence of an epoch. */
export function boundaryOf(epoch: number): Sequence {
  return (INTERVAL * 3 * (epoch + 1)) as Sequence;
}

export function rowOf(committee: Committee): ConfigurationRow {
  const { epoch, members, faultyMax } = committee;
  const boundary = boundaryOf(epoch - 1);
  return { epoch, members, faultyMax, decided: (boundary - 2 * INTERVAL) as Sequence, boundary };
}

/** Rows under one root, and how each is proven. */
export function stateOf(rows: readonly (readonly [key: Uint8Array, row: Uint8Array])[]): {
  readonly root: ReturnType<typeof sha256>;
  readonly prove: (key: Uint8Array) => MapProof;
} {
  const map = new AuthenticatedMap(sha256);
  for (const [key, row] of rows) map.set(key, rowHash(sha256, row));
  const version = map.commit();
  return { root: version.root, prove: (key) => map.prove(version, key) };
}

/** Signed by the members `authors` of the epoch, whoever they are. */
export function certify(
  epoch: number,
  about: { readonly sequence: number; readonly root: ReturnType<typeof sha256> },
  authors: readonly number[] = [0, 1, 2],
): StatementCertificate {
  const committee = committeeOf(epoch);
  const statement = statementCodec.encode({
    epoch: epoch as Epoch,
    sequence: about.sequence as Sequence,
    stateRoot: about.root,
    agreedTime: hlcFromMs(1_800_000_000_000 + about.sequence),
  });
  const message = signingBytes(DOMAIN.statement, committee.clusterId, epoch as Epoch, statement);
  const signatures = authors.map((author) => ({
    author: author as ReplicaIndex,
    signature: tableKey(`member ${epoch + author}`).sign(message),
  }));
  return { statement, signatures };
}

export interface LinkChanges {
  readonly next?: Committee;
  readonly row?: Partial<ConfigurationRow>;
  /** The sequence that is certified. */
  readonly sequence?: number;
  readonly authors?: readonly number[];
  /** Sign for this epoch instead. */
  readonly epoch?: number;
}

/** From an epoch to the next; `changes` make it another one than it should be. */
export function linkFrom(epoch: number, changes: LinkChanges = {}): Uint8Array {
  const next = changes.next ?? committeeOf(epoch + 1);
  const encoded = configurationRowCodec.encode({ ...rowOf(next), ...changes.row });
  const key = configurationStateKey((epoch + 1) as Epoch);
  const { root, prove } = stateOf([
    [key, encoded],
    [configurationStateKey(999 as Epoch), encoded],
  ]);
  const sequence = changes.sequence ?? boundaryOf(epoch);
  const authors = changes.authors ?? [0, 1, 2].slice(0, quorumOf(committeeOf(epoch)));
  const certificate = certify(changes.epoch ?? epoch, { sequence, root }, authors);
  return linkCodec.encode({ certificate, row: encoded, proof: prove(key) });
}

export function chainOf(length: number): readonly Uint8Array[] {
  return Array.from({ length }, (_, epoch) => linkFrom(epoch));
}
