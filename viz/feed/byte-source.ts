import { indexRecording } from "../../base/journal/block-index.ts";
import type { BlockPlace, RecordingIndex } from "../../base/journal/block-index.ts";
import { RecordingThinner } from "../../base/journal/thin-recording.ts";
import type { Thinning } from "../../base/journal/thin-recording.ts";
import type { ReadFrom } from "./worker-messages.ts";

export interface SizedStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Undefined when nobody knows. */
  readonly size: number | undefined;
}

/** A recording's bytes: all of them, a thinned form of them, or single spans. */
export interface ByteSource {
  whole(): Promise<SizedStream>;
  /** Undefined: it can only be read from end to end. */
  index(): Promise<RecordingIndex | undefined>;
  thin(thinning: Thinning): Promise<SizedStream>;
  span(from: number, to: number): Promise<Uint8Array>;
}

export function byteSource(from: ReadFrom): ByteSource {
  return from.file === undefined ? served(from.url) : onDisk(from.file);
}

/** A file that somebody chose: all is done here. */
function onDisk(file: Blob): ByteSource {
  const span = async (from: number, to: number): Promise<Uint8Array> =>
    new Uint8Array(await file.slice(from, to).arrayBuffer());
  return {
    whole: () => Promise.resolve({ stream: file.stream(), size: file.size }),
    index: () => indexRecording((offset, length) => span(offset, offset + length), file.size),
    thin: (thinning) =>
      Promise.resolve({
        stream: file.stream().pipeThrough(thinningStream(thinning)),
        size: undefined,
      }),
    span,
  };
}

function thinningStream(thinning: Thinning): TransformStream<Uint8Array, Uint8Array> {
  const thinner = new RecordingThinner(thinning);
  return new TransformStream({
    transform: (chunk, controller) => {
      for (const bytes of thinner.push(chunk)) controller.enqueue(bytes);
    },
    flush: (controller) => {
      for (const bytes of thinner.end()) controller.enqueue(bytes);
    },
  });
}

/** By a viewer's server, which indexes and thins; by any other, from end to end. */
function served(url: string): ByteSource {
  const whole = async (): Promise<SizedStream> => {
    const response = await answered(url, {});
    const size = Number(response.headers.get("content-length") ?? Number.NaN);
    return { stream: response.body, size: Number.isNaN(size) ? undefined : size };
  };
  return {
    whole,
    index: async () => {
      const address = sibling(url, "index");
      const response = address === undefined ? undefined : await fetch(address);
      if (response === undefined || !response.ok) return undefined;
      return decodeIndex(await response.json());
    },
    thin: async ({ level, always }) => {
      const address = new URL(sibling(url, "thin") ?? url);
      address.searchParams.set("level", String(level));
      address.searchParams.set("always", [...always].join(","));
      const { body } = await answered(address.href, {});
      return { stream: body, size: undefined };
    },
    span: async (from, to) => {
      const response = await answered(url, { range: `bytes=${from}-${to - 1}` });
      if (response.status !== 206) throw new Error(`the server gave no part of ${url}`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}

async function answered(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response & { readonly body: ReadableStream<Uint8Array> }> {
  const response = await fetch(url, { headers });
  if (!response.ok || response.body === null) {
    throw new Error(`the server answered ${response.status} for ${url}`);
  }
  return response as Response & { readonly body: ReadableStream<Uint8Array> };
}

/** `…/recording/NAME` has an index at `…/recording-index/NAME`; other addresses have none. */
function sibling(url: string, what: "index" | "thin"): string | undefined {
  const address = new URL(url);
  const pathname = address.pathname.replace(/\/recording\/([^/]+)$/, `/recording-${what}/$1`);
  if (pathname === address.pathname) return undefined;
  address.pathname = pathname;
  return address.href;
}

/** Undefined: it is none, whatever answered. */
function decodeIndex(answer: unknown): RecordingIndex | undefined {
  const { headerSize, blocks } = answer as Partial<Record<string, unknown>>;
  if (typeof headerSize !== "number" || !Array.isArray(blocks)) return undefined;
  const places: BlockPlace[] = [];
  let total = 0;
  for (const block of blocks as unknown[]) {
    if (!Array.isArray(block) || block.length !== 5) return undefined;
    const numbers = (block as unknown[]).map(Number);
    if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
    const [offset, size, eventCount, earliestMs, latestMs] = numbers as Five;
    places.push({ offset, size, eventCount, earliestMs, latestMs });
    total += eventCount;
  }
  return { headerSize, blocks: places, eventCount: total };
}

type Five = [number, number, number, number, number];
