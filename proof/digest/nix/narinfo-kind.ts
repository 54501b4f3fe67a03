import { concatBytes, equalBytes, fromUtf8, utf8 } from "../../../base/bytes.ts";
import type { ArtifactKind, Digester, DigestResult, StartHash } from "../artifact-kind.ts";
import { parseNarinfo, writeNarinfo } from "./narinfo.ts";
import type { Narinfo } from "./narinfo.ts";

/** Some 10^4 references; Nix's own are a hundredth of that. */
export const NARINFO_BYTES_MAX: number = 1024 * 1024;

/** What a store path is made of. Signatures are a gateway's own, so they are no part of it. */
export const nixNarinfo1: ArtifactKind = {
  id: "nix-narinfo/1",
  mutability: "immutable",
  startDigest: (startHash) => new NarinfoDigester(startHash),
  startRewrite: undefined,
};

/** Undefined: none. */
export function readNarinfo(bytes: Uint8Array): Narinfo | undefined {
  if (bytes.length > NARINFO_BYTES_MAX) return undefined;
  const text = fromUtf8(bytes);
  return text === undefined ? undefined : parseNarinfo(text);
}

class NarinfoDigester implements Digester {
  readonly #startHash: StartHash;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(startHash: StartHash) {
    this.#startHash = startHash;
  }

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > NARINFO_BYTES_MAX) this.#parts = [];
    else this.#parts.push(chunk.slice());
  }

  finish(): DigestResult {
    if (this.#size > NARINFO_BYTES_MAX) return { status: "refused", reason: "too large" };
    const bytes = concatBytes(...this.#parts);
    const info = readNarinfo(bytes);
    if (info === undefined) return { status: "refused", reason: "it is no narinfo" };
    if (!equalBytes(utf8(writeNarinfo(info)), bytes)) {
      return { status: "refused", reason: "it is not in canonical form" };
    }
    const hash = this.#startHash();
    hash.update(bytes);
    return { status: "digest", digest: hash.finish() };
  }
}
