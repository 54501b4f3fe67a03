import { Option } from "commander";
import { fromHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { EntryKey } from "../../client/types.ts";

export interface NamedKeyOptions {
  readonly byKey?: boolean;
}

/** Proofs have no names: they lie under their obligations' keys. */
export function byKeyOption(): Option {
  return new Option("--by-key", "the key is 64 hex digits, as `cnf key` and `mm key` print them");
}

/** What is no key the client refuses. */
export function namedKey(text: string, { byKey = false }: NamedKeyOptions): EntryKey {
  return byKey ? ((fromHex(text) ?? new Uint8Array(0)) as Hash) : text;
}
