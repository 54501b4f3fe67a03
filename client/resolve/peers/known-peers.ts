import { toHex } from "../../../base/bytes.ts";
import type { PublicKey } from "../../../base/types.ts";
import { ANNOUNCED_MS_MAX, ANNOUNCED_SKEW_MS_MAX, PEERS_MAX } from "./limits.ts";
import type { Announcement } from "./peer-message.ts";

interface Announced {
  readonly peer: string;
  readonly timeMs: number;
}

/**
 * Whom this gateway asks: those that it was told of, and those that announced themselves under a
 * key that the cluster's policy enrols. An announcement names a port only; the address is the one
 * that it came from, so that nobody can point us at a third.
 */
export class KnownPeers {
  readonly #configured: readonly string[];
  readonly #isEnrolled: (key: PublicKey) => boolean;
  readonly #announced = new Map<string, Announced>();
  refused = 0;

  constructor(configured: readonly string[], isEnrolled: (key: PublicKey) => boolean) {
    this.#configured = configured.slice(0, PEERS_MAX);
    this.#isEnrolled = isEnrolled;
  }

  list(nowMs: number = Date.now()): readonly string[] {
    const fresh = [...this.#announced.values()].filter(
      ({ timeMs }) => nowMs - timeMs <= ANNOUNCED_MS_MAX,
    );
    return [...new Set([...this.#configured, ...fresh.map(({ peer }) => peer)])];
  }

  /** Whether it is taken: enrolled, of now, newer than what is known, and there is room. */
  announce(
    { publicKey, port, timeMs }: Announcement,
    host: string,
    nowMs: number = Date.now(),
  ): boolean {
    const name = toHex(publicKey);
    const before = this.#announced.get(name);
    const isOld = before !== undefined && timeMs <= before.timeMs;
    const isNow = Math.abs(nowMs - timeMs) <= ANNOUNCED_SKEW_MS_MAX;
    const hasRoom = before !== undefined || this.#announced.size < PEERS_MAX;
    if (isOld || !isNow || !hasRoom || port === 0 || !this.#isEnrolled(publicKey)) {
      this.refused++;
      return false;
    }
    const peer = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#announced.set(name, { peer, timeMs });
    return true;
  }
}
