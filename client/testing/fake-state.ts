import { compareBytes, equalBytes, toHex } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash, Hlc, PublicKey, Sequence } from "../../base/types.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { bitOf, emptyRoot, innerHash, leafHash, rowHash } from "../../consensus/map/node-hash.ts";
import { NO_REVOCATIONS, revocationHeadAfter } from "../../consensus/map/revocation-chain.ts";
import { entryStateKey, revocationHeadStateKey } from "../../consensus/map/state-keys.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import {
  entryRowCodec,
  revocationHeadCodec,
  revocationRecordCodec,
  REVOKED_WITHDRAWAL,
} from "../../consensus/wire/rows.ts";
import type { EntryRow, RevocationHead } from "../../consensus/wire/rows.ts";

const hash = nodeCrypto.hash;

interface Row {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What the fake replicas agree on: a handful of rows under a real root, with real proofs. */
export class FakeState {
  readonly records: Uint8Array[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #entries: EntryRow[] = [];
  #revocations: RevocationHead = NO_REVOCATIONS;

  entry(
    place: { readonly namespace: string; readonly name: string },
    by: { readonly writer: PublicKey; readonly time: Hlc; readonly sequence: Sequence },
    changes: Partial<EntryRow>,
  ): EntryRow {
    const { namespace, name } = place;
    const digest = changes.valueDigest ?? hash(new Uint8Array(0));
    const entry: EntryRow = {
      namespace,
      name,
      key: keyOfName(hash, name),
      kind: "raw/1",
      state: 2,
      grade: 2,
      confidencePercent: 90,
      valueDigest: digest,
      size: 0,
      semanticDigest: digest,
      operator: "tests",
      source: 1,
      path: [],
      expiry: undefined,
      ttlMs: 0,
      version: 1,
      votes: [],
      inline: true,
      ...by,
      ...changes,
    };
    const held = this.#entries.findIndex(
      (other) => other.namespace === namespace && other.name === name,
    );
    if (held >= 0) this.#entries.splice(held, 1);
    this.#entries.push(entry);
    this.#entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    this.#set(entryStateKey(hash, namespace, entry.key), entryRowCodec.encode(entry));
    return entry;
  }

  clear(): void {
    this.#rows.clear();
    this.#entries.length = 0;
  }

  /** Appends to the revocation log as execution does. */
  revoke(namespace: string, name: string): void {
    const record = revocationRecordCodec.encode({
      index: this.#revocations.count,
      reason: REVOKED_WITHDRAWAL,
      namespace,
      key: keyOfName(hash, name),
      valueDigest: undefined,
      time: hlcFromMs(1_700_000_000_000),
    });
    this.records.push(record);
    this.#revocations = revocationHeadAfter(hash, this.#revocations, record);
    this.#set(revocationHeadStateKey(), revocationHeadCodec.encode(this.#revocations));
  }

  get root(): Hash {
    return rootOf([...this.#rows.values()]);
  }

  rowAt(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(toHex(key))?.bytes;
  }

  /** Of presence, or of absence by the leaf that a blind descent meets. */
  proofOf(key: Uint8Array): MapProof {
    const steps: { bit: number; sibling: Hash }[] = [];
    let rows = [...this.#rows.values()];
    while (rows.length > 1) {
      const { bit, left, right } = split(rows);
      const goesRight = bitOf(key, bit) === 1;
      steps.unshift({ bit, sibling: rootOf(goesRight ? left : right) });
      rows = goesRight ? right : left;
    }
    const leaf = rows[0];
    if (leaf === undefined) return { leafKey: undefined, leafRowHash: undefined, steps };
    return { leafKey: leaf.key, leafRowHash: rowHash(hash, leaf.bytes), steps };
  }

  list(wanted: {
    readonly namespace: string;
    readonly prefix: string;
    readonly after: string;
    readonly limit: number;
  }): { readonly entries: readonly EntryRow[]; readonly more: boolean } {
    const { namespace, prefix, after, limit } = wanted;
    const found = this.#entries.filter(
      (entry) =>
        entry.namespace === namespace && entry.name.startsWith(prefix) && entry.name > after,
    );
    return { entries: found.slice(0, limit), more: found.length > limit };
  }

  #set(key: Uint8Array, bytes: Uint8Array): void {
    this.#rows.set(toHex(key), { key, bytes });
  }
}

function rootOf(rows: readonly Row[]): Hash {
  const [only] = rows;
  if (only === undefined) return emptyRoot(hash);
  if (rows.length === 1) return leafHash(hash, only.key, rowHash(hash, only.bytes));
  const { bit, left, right } = split(rows);
  return innerHash(hash, bit, rootOf(left), rootOf(right));
}

/** At the first bit in which their keys differ. */
function split(rows: readonly Row[]): {
  readonly bit: number;
  readonly left: Row[];
  readonly right: Row[];
} {
  const keys = rows.map((row) => row.key).sort(compareBytes);
  const [lowest, highest] = [keys[0]!, keys.at(-1)!];
  if (equalBytes(lowest, highest)) throw new Error("one key twice");
  let bit = 0;
  while (bitOf(lowest, bit) === bitOf(highest, bit)) bit++;
  const left = rows.filter(({ key }) => bitOf(key, bit) === 0);
  return { bit, left, right: rows.filter(({ key }) => bitOf(key, bit) === 1) };
}
