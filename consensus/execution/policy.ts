import type { PublicKey } from "../../base/types.ts";
import { covers } from "../grant.ts";
import { POLICY_ROW_COUNT_MAX } from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { namespaceStateKey, writerStateKey } from "../map/state-keys.ts";
import { DEFAULT_NAMESPACE, namespaceRowCodec, writerRowCodec } from "../wire/rows.ts";
import type { NamespaceRow, WriterRow } from "../wire/rows.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Who may write where, and how many operators must agree. Small, so all of it is at hand. */
export class Policy {
  #rows: WorkingRows;
  #hash: HashFunction;
  #writers = new Map<string, WriterRow>();
  #namespaces = new Map<string, NamespaceRow>();
  #quotas = new Map<string, number>();

  constructor(rows: WorkingRows, hash: HashFunction) {
    this.#rows = rows;
    this.#hash = hash;
  }

  writer(key: PublicKey): WriterRow | undefined {
    return this.#writers.get(keyText(key));
  }

  /** What an operator or genesis has set, or the default. */
  namespace(namespace: string): NamespaceRow {
    return this.#namespaces.get(namespace) ?? DEFAULT_NAMESPACE;
  }

  /** Namespaces that have a quota, with its bytes. */
  get quotas(): ReadonlyMap<string, number> {
    return this.#quotas;
  }

  /** False: the policy is full. */
  setWriter(row: WriterRow): boolean {
    const text = keyText(row.writer);
    if (!this.#writers.has(text) && this.#writers.size >= POLICY_ROW_COUNT_MAX) return false;
    this.#writers.set(text, row);
    this.#rows.set(writerStateKey(row.writer), writerRowCodec.encode(row));
    return true;
  }

  deleteWriter(key: PublicKey): void {
    this.#writers.delete(keyText(key));
    this.#rows.set(writerStateKey(key), undefined);
  }

  /** False: the policy is full. */
  setNamespace(row: NamespaceRow): boolean {
    const known = this.#namespaces.has(row.namespace);
    if (!known && this.#namespaces.size >= POLICY_ROW_COUNT_MAX) return false;
    this.#note(row);
    const key = namespaceStateKey(this.#hash, row.namespace);
    this.#rows.set(key, namespaceRowCodec.encode(row));
    return true;
  }

  /** From a scan: the rows are there already. */
  loadWriter(bytes: Uint8Array): void {
    const row = writerRowCodec.decode(bytes);
    this.#writers.set(keyText(row.writer), row);
  }

  forgetWriter(key: PublicKey): void {
    this.#writers.delete(keyText(key));
  }

  loadNamespace(bytes: Uint8Array): void {
    const row = namespaceRowCodec.decode(bytes);
    this.#note(row);
  }

  forgetNamespace(bytes: Uint8Array): void {
    const { namespace } = namespaceRowCodec.decode(bytes);
    this.#namespaces.delete(namespace);
    this.#quotas.delete(namespace);
  }

  #note(row: NamespaceRow): void {
    this.#namespaces.set(row.namespace, row);
    if (row.quotaBytes > 0) this.#quotas.set(row.namespace, row.quotaBytes);
    else this.#quotas.delete(row.namespace);
  }
}

/** `name` is empty where the entry has none. */
export function mayWrite(writer: WriterRow, namespace: string, name: string): boolean {
  return writer.namespaces.some((grant) => covers(grant, namespace, name));
}
