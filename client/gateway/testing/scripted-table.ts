import { toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash, PublicKey, Sequence } from "../../../base/types.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import { ENTRY_CONFIRMED, GRADE_ATTESTED, SOURCE_LOCAL } from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import type { ListOptions, ListResult, WriteResult } from "../../types.ts";

const NOBODY = new Uint8Array(32) as PublicKey;

export interface Placed {
  readonly namespace?: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly kind?: string;
  readonly semanticDigest?: Hash;
  readonly version?: number;
  readonly state?: number;
}

/** Entries and values of a scripted cluster, in memory. */
export class ScriptedTable {
  readonly rows = new Map<string, EntryRow>();
  readonly #values = new Map<string, Uint8Array>();
  #sequence = 1;

  get sequence(): Sequence {
    return this.#sequence as Sequence;
  }

  valueOf(digest: Hash): Uint8Array {
    return this.#values.get(toHex(digest)) ?? new Uint8Array(0);
  }

  place(item: Placed): EntryRow {
    const digest = nodeCrypto.hash(item.bytes);
    this.#values.set(toHex(digest), item.bytes);
    const row: EntryRow = {
      namespace: item.namespace ?? "default",
      key: keyOfName(nodeCrypto.hash, item.name),
      name: item.name,
      kind: item.kind ?? "raw/1",
      state: item.state ?? ENTRY_CONFIRMED,
      grade: GRADE_ATTESTED,
      confidencePercent: 50,
      valueDigest: digest,
      size: item.bytes.length,
      semanticDigest: item.semanticDigest ?? digest,
      writer: NOBODY,
      operator: "tests",
      source: SOURCE_LOCAL,
      path: [],
      time: hlcFromMs(1_700_000_000_000),
      expiry: undefined,
      ttlMs: 0,
      version: item.version ?? 0,
      sequence: this.#sequence++ as Sequence,
      votes: [],
      inline: true,
    };
    this.rows.set(`${row.namespace}/${row.name}`, row);
    return row;
  }

  list(namespace: string, options: ListOptions): ListResult {
    const { prefix = "", after = "", limit = 256 } = options;
    const rows = [...this.rows.values()]
      .filter((row) => row.namespace === namespace && row.name.startsWith(prefix))
      .filter((row) => row.name > after)
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const entries = rows.slice(0, limit);
    const next = rows.length > limit ? entries.at(-1)?.name : undefined;
    return { sequence: this.sequence, entries, next };
  }

  written(namespace: string, name: string): WriteResult {
    return {
      namespace,
      key: keyOfName(nodeCrypto.hash, name),
      digest: undefined,
      size: 0,
      sequence: this.sequence,
      time: hlcFromMs(1_700_000_000_000),
      outcome: "accepted",
      execution: () => new Uint8Array(0),
      receipt: () => Promise.resolve(new Uint8Array(0)),
    };
  }
}
