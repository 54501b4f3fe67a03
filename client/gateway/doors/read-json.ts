import type { IncomingMessage } from "node:http";

/** A question about a whole build's entries; what is longer is read to its end and not kept. */
const JSON_BYTES_MAX = 1024 * 1024;

/** A small JSON body; undefined: none. Never throws. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Uint8Array).length;
      if (size <= JSON_BYTES_MAX) chunks.push(chunk as Uint8Array);
      else chunks.length = 0;
    }
    return size <= JSON_BYTES_MAX ? (JSON.parse(Buffer.concat(chunks).toString()) as unknown) : {};
  } catch {
    return undefined;
  }
}
