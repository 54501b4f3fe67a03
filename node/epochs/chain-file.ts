import { readFileSync } from "node:fs";
import { concatBytes, uint32Bytes } from "../../base/bytes.ts";
import { writeFileAtomically } from "../../base/host/atomic-file.ts";
import { ROW_BYTES_MAX } from "../../consensus/limits.ts";

/**
 * The links that a replica has followed, in a file: each behind its length. Nothing in it is
 * believed: every link is verified when it is read, and what is damaged or lost is asked for again.
 */
export function readChainFile(path: string): readonly Uint8Array[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const links: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
    if (length > ROW_BYTES_MAX || at + 4 + length > bytes.length) return links;
    links.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return links;
}

/** Durable when it returns. */
export function writeChainFile(path: string, links: readonly Uint8Array[]): void {
  const parts = links.flatMap((link) => [uint32Bytes(link.length), link]);
  writeFileAtomically(path, concatBytes(...parts));
}
