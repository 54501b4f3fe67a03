import { equalBytes, toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Hash } from "../../../base/types.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { ScriptedTable } from "../../gateway/testing/scripted-table.ts";
import type { Client, EntryKey, PutItem, StatResult, WriteResult } from "../../types.ts";

const NO_KEY = new Uint8Array(32) as Hash;

/**
 * What proofs are published into and read from, in memory: versions are kept, what says the same as
 * what stands takes its place, and nothing is checked. `onRead` may fail any read,
 * `onWriteSet` any write set.
 */
export class ProofStore implements Pick<Client, "get" | "stat" | "permitted" | "put" | "putMany"> {
  readonly #table = new ScriptedTable();
  /** Called with the key of each read, in hexadecimal, or its name. */
  onRead: (key: string) => void = () => undefined;
  /** What all writes of a set are refused with. */
  onWriteSet: (items: readonly PutItem[]) => Promise<QuorateError | undefined> = async () =>
    undefined;

  get: Client["get"] = async (namespace, key) => {
    const stat = await this.stat(namespace, key);
    if (stat.status === "miss") return stat;
    const { valueDigest: digest, size } = stat.entry;
    const bytes = this.#table.valueOf(digest);
    const read = (): Promise<Uint8Array> => Promise.resolve(bytes);
    const stream = async function* (): AsyncGenerator<Uint8Array> {
      yield await read();
    };
    return { ...stat, value: { digest, size, bytes, read, stream } };
  };

  stat: Client["stat"] = async (namespace, key): Promise<StatResult> => {
    this.onRead(nameOf(key));
    const entry = this.#table.rows.get(`${namespace}/${nameOf(key)}`);
    const time = hlcFromMs(1_700_000_000_000);
    const proven = {
      namespace,
      key: typeof key === "string" ? NO_KEY : key,
      sequence: this.#table.sequence,
      freshness: { kind: "session" as const, stale: false, ageMs: 1, time },
      receipt: () => Uint8Array.of(1),
    };
    return entry === undefined
      ? { ...proven, status: "miss", row: undefined }
      : { ...proven, status: "hit", entry };
  };

  permitted: Client["permitted"] = async () => {
    throw new Error("nothing here asks under a theory");
  };

  put: Client["put"] = async (namespace, key, value, options) =>
    this.#write({ ...options, namespace, key, value });

  putMany: Client["putMany"] = async (items) => {
    const refused = await this.onWriteSet(items);
    return Promise.allSettled(
      items.map(async (item) => {
        if (refused !== undefined) throw refused;
        return this.#write(item);
      }),
    );
  };

  #write({ namespace, key, value, succeeds = 0, kind, semanticDigest }: PutItem): WriteResult {
    const name = nameOf(key);
    const row = this.#table.rows.get(`${namespace}/${name}`);
    const version = row?.version ?? 0;
    const affirms =
      row !== undefined &&
      semanticDigest !== undefined &&
      equalBytes(row.semanticDigest, semanticDigest);
    if (kind !== undefined && version !== succeeds && !affirms) {
      throw new QuorateError("STALE_VERSION", "somebody was faster", "");
    }
    if (!(value instanceof Uint8Array)) throw new Error("bytes are enough here");
    const meaning = semanticDigest && { semanticDigest };
    this.#table.place({
      ...{ namespace, name, bytes: value, version: affirms ? version : version + 1 },
      ...(kind !== undefined && { kind }),
      ...meaning,
    });
    return this.#table.written(namespace, name);
  }
}

function nameOf(key: EntryKey): string {
  return typeof key === "string" ? key : toHex(key);
}
