import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Epoch } from "../../base/types.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { chainCodec } from "../../consensus/wire/configuration.ts";

/** Some kilobytes over a link that works; an address where nobody answers is asked again soon. */
const ASK_MS_MAX = 2_000;

/**
 * The links from this epoch on, as whoever listens at the address tells them. Not believed here:
 * `Epochs.follow` verifies each. Undefined: no answer, or none that can be read.
 */
export function askChain(address: string, from: Epoch): Promise<readonly Uint8Array[] | undefined> {
  return new Promise((resolve) => {
    const request = get(
      `http://${address}/chain/${from}`,
      { agent: false, timeout: ASK_MS_MAX },
      (response) => void readLinks(response).then(resolve),
    );
    request.on("error", () => resolve(undefined));
    request.on("timeout", () => request.destroy());
  });
}

async function readLinks(response: IncomingMessage): Promise<readonly Uint8Array[] | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > FRAME_BYTES_MAX) return undefined;
      pieces.push(piece);
    }
  } catch {
    return undefined;
  } finally {
    response.destroy();
  }
  if (response.statusCode !== 200) return undefined;
  return chainCodec.tryDecode(new Uint8Array(Buffer.concat(pieces)))?.links;
}
