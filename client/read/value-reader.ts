import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { aborted, valueUnavailable } from "../errors.ts";
import { WHOLE_VALUE_BYTES_MAX } from "../limits.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { Platform } from "../platform/platform.ts";
import type { CallOptions, ReadValue } from "../types.ts";
import { Patience } from "./patience.ts";
import type { ValueDependencies } from "./patience.ts";
import { raceWhole } from "./race-whole.ts";

/** A value by its digest, from whichever replica hands over the right bytes. */
export function readValue(
  dependencies: ValueDependencies,
  value: { readonly digest: Hash; readonly size: number; readonly bytes?: Uint8Array | undefined },
): ReadValue {
  const { digest, size, bytes } = value;
  return {
    digest,
    size,
    bytes,
    async read(options = {}) {
      if (bytes !== undefined) return bytes;
      if (size <= WHOLE_VALUE_BYTES_MAX) return raceWhole(dependencies, { digest, size }, options);
      return collect(streamLong(dependencies, { digest, size }, options), size);
    },
    async *stream(options = {}) {
      if (size === 0) return;
      if (bytes !== undefined) yield bytes;
      else if (size <= WHOLE_VALUE_BYTES_MAX) {
        yield await raceWhole(dependencies, { digest, size }, options);
      } else yield* streamLong(dependencies, { digest, size }, options);
    },
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for await (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Rounds over all replicas before a value counts as unavailable. */
const ROUND_COUNT_MAX = 2;

/**
 * A long value, chunk by chunk; the last is withheld until the digest holds. When a replica breaks
 * off or hands over other bytes, the next one begins anew, and goes on where the consumer stands if
 * its bytes up to there are the same.
 */
async function* streamLong(
  dependencies: ValueDependencies,
  value: { readonly digest: Hash; readonly size: number },
  options: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const given = { length: 0, hasher: dependencies.platform.newHasher() };
  for (let round = 0; round < ROUND_COUNT_MAX; round++) {
    for (const link of dependencies.fleet.ranked()) {
      if (options.signal?.aborted === true) throw aborted(options.signal.reason);
      const attempt = streamFrom(dependencies, link, value, given, options);
      while (true) {
        const step = await attempt.next();
        if (step.done !== true) yield step.value;
        else if (step.value) return;
        else break;
      }
    }
  }
  throw valueUnavailable(toHex(value.digest));
}

interface Given {
  length: number;
  readonly hasher: ReturnType<Platform["newHasher"]>;
}

/** Yields what comes after `given`; returns whether the whole value was handed out. */
async function* streamFrom(
  { platform, sweep }: ValueDependencies,
  link: ReplicaLink,
  value: { readonly digest: Hash; readonly size: number },
  given: Given,
  options: CallOptions,
): AsyncGenerator<Uint8Array, boolean, undefined> {
  const patience = new Patience(sweep, options.signal);
  const hasher = platform.newHasher();
  let length = 0;
  let withheld: Uint8Array | undefined;
  try {
    const body = await platform.blobs.get(link.address, value.digest, patience.signal);
    if (body === undefined) return false;
    for await (const whole of body) {
      patience.renew();
      for (const chunk of splitAt(whole, given.length - length)) {
        hasher.update(chunk);
        length += chunk.length;
        if (length > value.size) break;
        if (length < given.length) continue;
        if (length === given.length) {
          if (equalBytes(hasher.digest(), given.hasher.digest())) continue;
          link.lied("wrong-value");
          return false;
        }
        if (withheld !== undefined) {
          given.hasher.update(withheld);
          given.length += withheld.length;
          yield withheld;
        }
        withheld = chunk;
      }
    }
    if (length === value.size && equalBytes(hasher.digest(), value.digest)) {
      if (withheld !== undefined) yield withheld;
      return true;
    }
    if (length >= value.size) link.lied("wrong-value");
    return false;
  } catch {
    return false;
  } finally {
    patience.end();
  }
}

/** The chunk in two when the consumer's position lies inside it. */
function splitAt(chunk: Uint8Array, at: number): readonly Uint8Array[] {
  if (at <= 0 || at >= chunk.length) return [chunk];
  return [chunk.subarray(0, at), chunk.subarray(at)];
}
