import { fromUtf8, utf8 } from "../../../base/bytes.ts";
import type { ArtifactKind, Digester, DigestResult, IncrementalHash } from "../artifact-kind.ts";

/**
 * A task's archive with the tag that its builder signed it with, if any. Both travel as one body:
 * the tag, an HTTP header to the tool, stands in an envelope of fixed size before the archive.
 * ```
 *    0  89 71 74 75 72 62 6f 01   what it is, with the envelope's version
 *    8  u8                        length of the tag, 0: none
 *    9  tag                       printable ASCII, then zeros
 *  128  archive                   one or more zstd frames
 * ```
 */
export const TURBO_ENVELOPE_BYTES = 128;
export const TURBO_TAG_LENGTH_MAX: number = TURBO_ENVELOPE_BYTES - 9;

const MAGIC = Uint8Array.of(0x89, 0x71, 0x74, 0x75, 0x72, 0x62, 0x6f, 1);
const ZSTD_MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const HEAD_BYTES = TURBO_ENVELOPE_BYTES + ZSTD_MAGIC.length;
const TAG = /^[\x21-\x7e]*$/;

/** Undefined: no tag that a header could carry. */
export function writeTurboEnvelope(tag: string): Uint8Array | undefined {
  if (tag.length > TURBO_TAG_LENGTH_MAX || !TAG.test(tag)) return undefined;
  const envelope = new Uint8Array(TURBO_ENVELOPE_BYTES);
  envelope.set(MAGIC);
  envelope[8] = tag.length;
  envelope.set(utf8(tag), 9);
  return envelope;
}

/** The tag, empty for none; undefined: no envelope. */
export function readTurboEnvelope(envelope: Uint8Array): string | undefined {
  if (envelope.length < TURBO_ENVELOPE_BYTES) return undefined;
  if (MAGIC.some((byte, at) => envelope[at] !== byte)) return undefined;
  const end = 9 + envelope[8]!;
  if (end > TURBO_ENVELOPE_BYTES) return undefined;
  if (envelope.subarray(end, TURBO_ENVELOPE_BYTES).some((byte) => byte !== 0)) return undefined;
  const tag = fromUtf8(envelope.subarray(9, end));
  return tag !== undefined && TAG.test(tag) ? tag : undefined;
}

/** turbo's archives carry no time and no user, so honest builders agree on every byte. */
export const turboArtifact1: ArtifactKind = {
  id: "turbo-artifact/1",
  mutability: "immutable",
  startDigest: (startHash) => new TurboDigester(startHash()),
  startRewrite: undefined,
};

class TurboDigester implements Digester {
  readonly #hash: IncrementalHash;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #size = 0;

  constructor(hash: IncrementalHash) {
    this.#hash = hash;
  }

  update(chunk: Uint8Array): void {
    if (this.#size < HEAD_BYTES) {
      this.#head.set(chunk.subarray(0, HEAD_BYTES - this.#size), this.#size);
    }
    this.#size += chunk.length;
    this.#hash.update(chunk);
  }

  finish(): DigestResult {
    const digest = this.#hash.finish();
    if (this.#size < HEAD_BYTES) return { status: "refused", reason: "it is cut off" };
    if (readTurboEnvelope(this.#head) === undefined) {
      return { status: "refused", reason: "it is in no envelope" };
    }
    const isArchive = ZSTD_MAGIC.every(
      (byte, at) => this.#head[TURBO_ENVELOPE_BYTES + at] === byte,
    );
    return isArchive
      ? { status: "digest", digest }
      : { status: "refused", reason: "it is no zstd archive" };
  }
}
