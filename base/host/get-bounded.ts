import { get } from "node:http";
import type { Agent, IncomingMessage } from "node:http";

export interface AnswerBounds {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/**
 * The whole body of a small answer over HTTP: at most so many bytes, in so much time. Undefined:
 * nobody answered, or with another status than 200, or with more. Never rejects.
 */
export function getBounded(
  url: string,
  bounds: AnswerBounds,
  agent: Agent | false = false,
): Promise<Uint8Array | undefined> {
  return askBounded(url, bounds, agent).catch(() => undefined);
}

/** As {@link getBounded}, but that nobody answered, or not in time (AbortError), is an error. */
export function askBounded(
  url: string,
  { bytesMax, timeoutMs }: AnswerBounds,
  agent: Agent | false = false,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get(url, { agent, signal }, (response) => {
      void readBody(response, bytesMax).then(resolve);
    });
    request.on("error", reject);
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
