import { toHex } from "../../base/bytes.ts";
import type { NamespaceRow, WriterRow } from "../../consensus/wire/rows.ts";

/** As `policy show` prints a writer. */
export interface WriterJson {
  readonly publicKey: string;
  readonly operator: string;
  readonly grants: readonly string[];
  readonly administrator: boolean;
  /** The key whose place it took. */
  readonly predecessor?: string;
}

export function writerJson(row: WriterRow): WriterJson {
  const { writer, operator, namespaces: grants, administrator, predecessor } = row;
  return {
    ...{ publicKey: toHex(writer), operator, grants, administrator },
    ...(predecessor === undefined ? {} : { predecessor: toHex(predecessor) }),
  };
}

/** As `policy show` and `policy set` print a namespace. Null: no bound of its own. */
export interface NamespaceJson {
  readonly namespace: string;
  readonly version: number;
  readonly confirmations: number;
  readonly trusted: readonly string[];
  readonly valueBytesMax: number | null;
  readonly ttlMaxS: number | null;
  readonly quotaBytes: number | null;
}

export function namespaceJson(row: NamespaceRow): NamespaceJson {
  const { namespace, version, confirmations, trusted } = row;
  return {
    namespace,
    version,
    confirmations,
    trusted,
    valueBytesMax: row.valueBytesMax || null,
    ttlMaxS: row.ttlMsMax === 0 ? null : row.ttlMsMax / 1000,
    quotaBytes: row.quotaBytes || null,
  };
}

/** One line for a person: what it takes, and what is not allowed. */
export function namespaceLine(row: NamespaceJson): string {
  const { confirmations, trusted } = row;
  const operators = confirmations === 1 ? "one operator" : `${confirmations} operators`;
  const of = trusted.length === 0 ? operators : `${operators} of ${trusted.join(", ")}`;
  const bounds = [
    row.valueBytesMax === null ? "" : `values up to ${row.valueBytesMax} bytes`,
    row.ttlMaxS === null ? "" : `for at most ${row.ttlMaxS} s`,
    row.quotaBytes === null ? "" : `${row.quotaBytes} bytes in all`,
  ].filter((text) => text !== "");
  return [`${row.namespace}: confirmed by ${of}`, ...bounds].join("; ");
}
