import { EMPTY_BYTES, concatBytes, uint32Bytes, utf8 } from "../base/bytes.ts";
import { hashParts } from "../base/hash-parts.ts";
import type { Hash } from "../base/types.ts";

/** Every digest that is not a value's own SHA-256 starts with a tag, so that none stands for another. */
const tag = (name: string): Uint8Array => utf8(`quorate/${name}/1\0`);

const WRITE_SET = tag("write-set");
const BATCH = tag("batch");
const NAME = tag("name");
const ENTRY = tag("entry");

type HashFunction = (bytes: Uint8Array) => Hash;

/** Names a write set: over its encoded header, which covers everything else. */
export function writeSetDigest(hash: HashFunction, header: Uint8Array): Hash {
  return hashParts(hash, WRITE_SET, header);
}

/** Over the encoded batch. A null request is the empty batch encoding. */
export function batchDigest(hash: HashFunction, batch: Uint8Array): Hash {
  return hashParts(hash, BATCH, batch);
}

/** The key of an entry that people call by name. */
export function keyOfName(hash: HashFunction, name: string): Hash {
  return hashParts(hash, NAME, utf8(name));
}

/** Where an entry lives in the state: its namespace and its key. */
export function entryHash(hash: HashFunction, namespace: string, key: Hash): Hash {
  if (namespace !== lastNamespace) {
    const name = utf8(namespace);
    lastPrefix = concatBytes(uint32Bytes(name.length), name);
    lastNamespace = namespace;
  }
  return hashParts(hash, ENTRY, lastPrefix, key);
}

// The entries of a write set are mostly of one namespace.
let lastNamespace: string | undefined;
let lastPrefix: Uint8Array = EMPTY_BYTES;
