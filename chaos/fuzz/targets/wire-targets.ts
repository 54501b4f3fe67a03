import { equalBytes } from "../../../base/bytes.ts";
import * as agreement from "../../../consensus/wire/agreement.ts";
import * as certificate from "../../../consensus/wire/certificate.ts";
import * as configuration from "../../../consensus/wire/configuration.ts";
import { DecodeRefusal } from "../../../consensus/wire/wire-reader.ts";
import * as connection from "../../../consensus/wire/connection.ts";
import * as evidence from "../../../consensus/wire/evidence.ts";
import { decodeFrame, encodeFrame } from "../../../consensus/wire/frame.ts";
import * as past from "../../../consensus/wire/past.ts";
import * as receipt from "../../../consensus/wire/receipt.ts";
import * as removal from "../../../consensus/wire/removal.ts";
import * as rows from "../../../consensus/wire/rows.ts";
import * as writeSet from "../../../consensus/wire/write-set.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";
import { sampleOf } from "./codec-samples.ts";
import type { AnyCodec } from "./codec-samples.ts";
import { bytesInside } from "./recorded-frames.ts";
import type { RecordedFrame } from "./recorded-frames.ts";

const SEEDS_MAX = 6;

const rooms: readonly object[] = [
  ...[agreement, certificate, configuration, connection, evidence, past, receipt, removal, rows],
  writeSet,
];

/** Every message type there is: a new one is fuzzed without being written down here. */
export function wireTargets(frames: readonly RecordedFrame[]): readonly FuzzTarget[] {
  const codecs = rooms.flatMap((room) => Object.values(room).filter(isCodec));
  const pool = recordedBytes(codecs, frames);
  const samples = sampleAll(codecs);
  return [
    frameTarget(frames),
    ...codecs.map((codec) => {
      const recorded = pool.filter((bytes) => codec.tryDecode(bytes) !== undefined);
      const sample = samples.get(codec);
      const seeds = [...(sample === undefined ? [] : [sample]), ...recorded].slice(0, SEEDS_MAX);
      return { name: `wire ${codec.name}`, seeds, feed: (input: Uint8Array) => feed(codec, input) };
    }),
  ];
}

/** The one encoding: whatever is taken encodes to the bytes that it came from. */
function feed(codec: AnyCodec, input: Uint8Array): boolean {
  const message = codec.tryDecode(input);
  if (message === undefined) {
    let refusal: unknown;
    try {
      codec.decode(input);
    } catch (error) {
      refusal = error;
    }
    demand(refusal instanceof DecodeRefusal, "decode refuses what tryDecode refuses, by its type");
    return false;
  }
  demand(equalBytes(codec.encode(message), input), "a message has one encoding");
  return true;
}

function frameTarget(frames: readonly RecordedFrame[]): FuzzTarget {
  return {
    name: "wire frame",
    seeds: frames.slice(0, SEEDS_MAX).map(({ kind, body }) => encodeFrame(kind, body)),
    feed: (input) => {
      const frame = decodeFrame(input);
      if (frame === undefined) return false;
      demand(equalBytes(encodeFrame(frame.kind, frame.body), input), "a frame has one encoding");
      return true;
    },
  };
}

/** Messages inside messages are tried as values too, until no more is found out. */
function sampleAll(codecs: readonly AnyCodec[]): ReadonlyMap<AnyCodec, Uint8Array> {
  const samples = new Map<AnyCodec, Uint8Array>();
  for (let pass = 0; pass < 3; pass++) {
    const inner = [...samples].map(([codec, bytes]) => codec.decode(bytes));
    for (const codec of codecs) {
      const sample = sampleOf(codec, inner);
      if (sample !== undefined && codec.tryDecode(sample) !== undefined) samples.set(codec, sample);
    }
  }
  return samples;
}

function recordedBytes(
  codecs: readonly AnyCodec[],
  frames: readonly RecordedFrame[],
): readonly Uint8Array[] {
  const pool: Uint8Array[] = frames.map(({ body }) => body);
  // Two levels deep: a vote in a pack, a statement in a signed message in a view-change.
  for (const bytes of [...pool]) {
    for (const codec of codecs) pool.push(...bytesInside(codec.tryDecode(bytes)).slice(0, 8));
  }
  return pool.filter((bytes) => bytes.length > 8 && bytes.length <= 2048);
}

function isCodec(value: unknown): value is AnyCodec {
  return typeof value === "object" && value !== null && "tryDecode" in value;
}
