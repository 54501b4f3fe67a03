import { get } from "node:http";
import type { IncomingMessage } from "node:http";

/**
 * The whole body of a small answer over plain HTTP: at most so many bytes, in so much time.
 * Undefined: nobody answered, or with another status than 200, or with more. Never rejects.
 */
export function getBounded(
  url: string,
  bounds: { readonly bytesMax: number; readonly timeoutMs: number },
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(bounds.timeoutMs);
    const request = get(url, { agent: false, signal }, (response) => {
      void readBody(response, bounds.bytesMax).then(resolve);
    });
    request.on("error", () => resolve(undefined));
  });
}

async function readBody(
  response: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > bytesMax) return undefined;
      pieces.push(piece);
    }
  } catch {
    return undefined;
  } finally {
    response.destroy();
  }
  return response.statusCode === 200 ? new Uint8Array(Buffer.concat(pieces)) : undefined;
}
