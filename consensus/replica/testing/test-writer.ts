import { hlcFromMs } from "../../../base/hlc.ts";
import { utf8 } from "../../../base/bytes.ts";
import type { Epoch, Hash } from "../../../base/types.ts";
import { buildWriteSet } from "../../build-write-set.ts";
import type { BuiltWriteSet } from "../../build-write-set.ts";
import { keyOfName } from "../../hashing.ts";
import { OPERATION_PUT } from "../../wire/write-set.ts";
import type { Write } from "../../wire/write-set.ts";
import { sha256, tableKey } from "./table-crypto.ts";
import type { TableKey } from "./table-crypto.ts";

export const KIND = "raw/1";

/** The semantic digest of the tests' only kind is the value's own. */
export function semanticDigestOf(kind: string, bytes: Uint8Array): Hash | undefined {
  return kind === KIND ? sha256(bytes) : undefined;
}

export function putOf(name: string, value: Uint8Array, inline = true): Write {
  return {
    operation: OPERATION_PUT,
    namespace: "default",
    key: keyOfName(sha256, name),
    name,
    kind: KIND,
    valueDigest: sha256(value),
    size: value.length,
    semanticDigest: sha256(value),
    ttlMs: 0,
    succeeds: 0,
    inline,
    administration: new Uint8Array(0),
  };
}

/** A writer with a key of its own, whose counters go up by one. */
export class TestWriter {
  readonly key: TableKey;
  readonly #clusterId: Hash;
  readonly #session: Uint8Array;
  #counter = 0;

  constructor(name: string, clusterId: Hash) {
    this.key = tableKey(name);
    this.#clusterId = clusterId;
    this.#session = sha256(utf8(`session of ${name}`)).slice(0, 16);
  }

  put(
    value: string,
    { notAfterMs = 1_500_000, inline = true, counter = ++this.#counter } = {},
  ): BuiltWriteSet {
    const bytes = utf8(value);
    return buildWriteSet(
      {
        clusterId: this.#clusterId,
        epoch: 0 as Epoch,
        writer: this.key.publicKey,
        session: this.#session,
        counter,
        notAfter: hlcFromMs(notAfterMs),
        writes: [putOf(`name of ${value}`, bytes, inline)],
        values: inline ? [bytes] : [],
      },
      this.key.sign,
      sha256,
    );
  }
}
