import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { aborted, valueUnavailable } from "../errors.ts";
import { DEADLINE_MS, HEDGE_MS_DEFAULT } from "../limits.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { CallOptions } from "../types.ts";
import { Patience } from "./patience.ts";
import type { ValueDependencies } from "./patience.ts";

interface Wanted {
  readonly digest: Hash;
  readonly size: number;
}

/**
 * A value that fits in memory: the first whose bytes have the digest wins.
 * @throws QuorateError VALUE_UNAVAILABLE, ABORTED
 */
export async function raceWhole(
  dependencies: ValueDependencies,
  wanted: Wanted,
  options: CallOptions,
): Promise<Uint8Array> {
  return raceReplicas(dependencies, toHex(wanted.digest), options, (link, signal) =>
    fetchWhole(dependencies, link, wanted, signal),
  );
}

/**
 * The best replica is asked, after a while the next one too, and the first right answer wins. An
 * attempt answers undefined where it has none, and never rejects. `name`: what is wanted.
 * @throws QuorateError VALUE_UNAVAILABLE, ABORTED
 */
export async function raceReplicas(
  dependencies: ValueDependencies,
  name: string,
  options: CallOptions,
  ask: (link: ReplicaLink, signal: AbortSignal) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  const { fleet, sweep } = dependencies;
  const patience = new Patience(sweep, options.signal);
  const deadlineMs = sweep.nowMs() + (options.deadlineMs ?? DEADLINE_MS);
  const links = fleet.ranked();
  const running = new Set<Promise<Uint8Array | undefined>>();
  try {
    while (links.length > 0 || running.size > 0) {
      const next = links.shift();
      if (next !== undefined) {
        const attempt: Promise<Uint8Array | undefined> = ask(next, patience.signal).finally(() =>
          running.delete(attempt),
        );
        running.add(attempt);
      }
      const bytes = await firstOf(dependencies, running, links.length > 0);
      if (bytes !== undefined) return bytes;
      if (sweep.nowMs() > deadlineMs) break;
    }
    if (options.signal?.aborted === true) throw aborted(options.signal.reason);
    throw valueUnavailable(name);
  } finally {
    patience.end();
  }
}

/** The first right bytes; undefined when one attempt failed or, with others left, it took long. */
function firstOf(
  { sweep }: ValueDependencies,
  running: ReadonlySet<Promise<Uint8Array | undefined>>,
  othersLeft: boolean,
): Promise<Uint8Array | undefined> {
  if (!othersLeft) return Promise.race(running);
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = sweep.after(HEDGE_MS_DEFAULT, () => resolve(undefined));
  });
  return Promise.race([...running, late]).finally(() => cancel());
}

async function fetchWhole(
  { platform }: ValueDependencies,
  link: ReplicaLink,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const body = await platform.blobs.get(link.address, wanted.digest, signal);
    if (body === undefined) return undefined;
    const whole = new Uint8Array(wanted.size);
    let length = 0;
    for await (const chunk of body) {
      if (length + chunk.length > wanted.size) {
        link.lied("wrong-value");
        return undefined;
      }
      whole.set(chunk, length);
      length += chunk.length;
    }
    if (length === wanted.size && equalBytes(platform.crypto.hash(whole), wanted.digest)) {
      return whole;
    }
    link.lied("wrong-value");
  } catch {
    // The link broke, or the caller has enough.
  }
  return undefined;
}
