import { equalBytes, fromUtf8, utf8 } from "../../../base/bytes.ts";
import type { ArtifactKind } from "../artifact-kind.ts";
import { CanonicalDigester } from "../canonical-digester.ts";
import { parseNarinfo, writeNarinfo } from "./narinfo.ts";
import type { Narinfo } from "./narinfo.ts";

/** Some 10^4 references; Nix's own are a hundredth of that. */
export const NARINFO_BYTES_MAX: number = 1024 * 1024;

/** What a store path is made of. Signatures are a gateway's own, so they are no part of it. */
export const nixNarinfo1: ArtifactKind = {
  id: "nix-narinfo/1",
  mutability: "immutable",
  startDigest: (startHash) => new CanonicalDigester(startHash, NARINFO_BYTES_MAX, faultOf),
  startRewrite: undefined,
};

/** Undefined: none. */
export function readNarinfo(bytes: Uint8Array): Narinfo | undefined {
  if (bytes.length > NARINFO_BYTES_MAX) return undefined;
  const text = fromUtf8(bytes);
  return text === undefined ? undefined : parseNarinfo(text);
}

function faultOf(body: Uint8Array): string | undefined {
  const info = readNarinfo(body);
  if (info === undefined) return "it is no narinfo";
  return equalBytes(utf8(writeNarinfo(info)), body) ? undefined : "it is not in canonical form";
}
