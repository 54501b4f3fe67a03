import type { PublicKey } from "../../base/types.ts";
import { POLICY_ROW_COUNT_MAX } from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { namespaceStateKey, writerStateKey } from "../map/state-keys.ts";
import { NAMESPACE_WILDCARD } from "../namespace.ts";
import { namespaceRowCodec, writerRowCodec } from "../wire/rows.ts";
import type { NamespaceRow, WriterRow } from "../wire/rows.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Who may write where, and how many operators must agree. Small, so all of it is at hand. */
export class Policy {
  #rows: WorkingRows;
  #hash: HashFunction;
  #writers = new Map<string, WriterRow>();
  #confirmations = new Map<string, number>();

  constructor(rows: WorkingRows, hash: HashFunction) {
    this.#rows = rows;
    this.#hash = hash;
  }

  writer(key: PublicKey): WriterRow | undefined {
    return this.#writers.get(keyText(key));
  }

  /** k: 1 where an operator has set nothing. */
  confirmations(namespace: string): number {
    return this.#confirmations.get(namespace) ?? 1;
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
    const known = this.#confirmations.has(row.namespace);
    if (!known && this.#confirmations.size >= POLICY_ROW_COUNT_MAX) return false;
    this.#confirmations.set(row.namespace, row.confirmations);
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
    this.#confirmations.set(row.namespace, row.confirmations);
  }

  forgetNamespace(bytes: Uint8Array): void {
    this.#confirmations.delete(namespaceRowCodec.decode(bytes).namespace);
  }
}

export function mayWrite(writer: WriterRow, namespace: string): boolean {
  return writer.namespaces.includes(NAMESPACE_WILDCARD) || writer.namespaces.includes(namespace);
}
