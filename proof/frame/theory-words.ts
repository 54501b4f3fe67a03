import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { readAxioms, writeAxioms } from "./axiom-list.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { judged, reject } from "./stop.ts";
import { Theory } from "./theory.ts";

/**
 * How a question says what a proof may assume: whatever it likes, the theory of this digest, which
 * the asked one may know, or these axioms.
 */
export type TheoryWords =
  | { readonly type: "any" }
  | { readonly type: "digest"; readonly digest: Hash }
  | { readonly type: "axioms"; readonly theory: Theory };

/** Several times what Debian's databases assume together. Who permits more filters alone. */
export const THEORY_AXIOM_COUNT_MAX = 16_384;

/** Of the longest. */
export const THEORY_WORDS_BYTES_MAX: number = 4 + HASH_SIZE * THEORY_AXIOM_COUNT_MAX;

const ANY = 0;
const DIGEST = 1;
const AXIOMS = 2;

/** A byte for the type; the digest, or the axioms (axiom-list.ts). */
export function encodeTheoryWords(words: TheoryWords): Uint8Array {
  const writer = new ByteWriter();
  if (words.type === "any") writer.byte(ANY);
  else if (words.type === "digest") {
    writer.byte(DIGEST);
    writer.bytes(words.digest);
  } else {
    writer.byte(AXIOMS);
    writeAxioms(writer, words.theory.axioms);
  }
  return writer.finish();
}

/** Undefined: no such words. Copies what it keeps. */
export function decodeTheoryWords(bytes: Uint8Array): TheoryWords | undefined {
  const result = judged(() => {
    const reader = new ByteReader(bytes);
    const words = readWords(reader);
    reader.end();
    return words;
  });
  return result.status === "accept" ? result.value : undefined;
}

function readWords(reader: ByteReader): TheoryWords {
  switch (reader.byte()) {
    case ANY:
      return { type: "any" };
    case DIGEST:
      return { type: "digest", digest: reader.bytes(HASH_SIZE).slice() as Hash };
    case AXIOMS: {
      const axioms = readAxioms(reader, THEORY_AXIOM_COUNT_MAX);
      return { type: "axioms", theory: new Theory(axioms.map((axiom) => axiom.slice() as Hash)) };
    }
    default:
      return reject("theory-words", 0);
  }
}
