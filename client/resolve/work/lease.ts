import { randomBytes } from "node:crypto";
import { fromUtf8, utf8 } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Client, GetHit } from "../../types.ts";
import { LEASE_KIND, LEASE_MS, LEASE_TERM_MS_MAX, LEASE_VALUE_BYTES_MAX } from "./limits.ts";
import { LAPSES_MAX } from "./limits.ts";

type LeaseClient = Pick<Client, "get" | "put">;

export interface LeaseOptions {
  readonly namespace: string;
  readonly leaseMs?: number | undefined;
  readonly termMsMax?: number | undefined;
  /** Milliseconds of agreed time, as this machine has it. */
  readonly nowMs?: (() => number) | undefined;
}

/** One worker's hold on one obligation; others leave it alone until it lapses. */
export interface Lease {
  /** Puts its end off; false: it has passed to somebody else. */
  readonly renew: () => Promise<boolean>;
}

/**
 * Leases in the order of consensus, with no operation of their own: a lease is an entry with an end
 * in a class that has versions. Whoever writes it names the version that it follows, so of two who
 * want it at one time the first in the order has it and the other is refused (STALE_VERSION). One
 * that is not renewed ends by agreed time. One whose holder keeps renewing and proves nothing is
 * taken by naming its version, once its term is over or its holder has let others lapse.
 *
 * A lease saves work and decides nothing: who ignores it costs the others some seconds.
 */
export class Leases {
  readonly #client: LeaseClient;
  readonly #namespace: string;
  readonly #leaseMs: number;
  readonly #termMsMax: number;
  readonly #nowMs: () => number;
  /** Names this worker among those that write with the same key. */
  readonly #worker: string = randomBytes(8).toString("hex");
  /** By worker: obligations that it held and that lay open when they were seen again. */
  readonly #lapses = new Map<string, Set<string>>();

  constructor(client: LeaseClient, options: LeaseOptions) {
    this.#client = client;
    this.#namespace = options.namespace;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#termMsMax = options.termMsMax ?? LEASE_TERM_MS_MAX;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Undefined: somebody else has it. */
  async claim(key: string, signal: AbortSignal): Promise<Lease | undefined> {
    const name = `lease/${key}`;
    const read = await this.#client.get(this.#namespace, name, { signal });
    const held = read.status === "hit" ? read : undefined;
    if (held !== undefined && !(await this.#isOver(held, key))) return undefined;
    const row = held?.entry ?? (read.status === "miss" ? read.row : undefined);
    const value = utf8(`${this.#worker} ${randomBytes(8).toString("hex")}`);
    const isTaken = await this.#write(name, value, standingVersion(row, this.#nowMs()));
    return isTaken ? { renew: () => this.#write(name, value, 0) } : undefined;
  }

  /** Whoever held it and left it open is remembered. */
  async #isOver(held: GetHit, key: string): Promise<boolean> {
    if (held.value.size > LEASE_VALUE_BYTES_MAX) return true;
    const [holder = ""] = (fromUtf8(await held.value.read()) ?? "").split(" ");
    if (holder === this.#worker) return true;
    const sinceMs = Number(held.entry.time >> 16n);
    const isTermOver = this.#nowMs() > sinceMs + this.#termMsMax;
    const lapses = this.#lapses.get(holder) ?? new Set<string>();
    if (isTermOver && this.#lapses.size < LAPSES_MAX.workers) {
      this.#lapses.set(holder, lapses.add(key));
    }
    return isTermOver || lapses.size >= LAPSES_MAX.obligations;
  }

  async #write(name: string, value: Uint8Array, succeeds: number): Promise<boolean> {
    const semanticDigest = nodeCrypto.hash(value);
    try {
      const options = { kind: LEASE_KIND, semanticDigest, ttlMs: this.#leaseMs, succeeds };
      const { outcome } = await this.#client.put(this.#namespace, name, value, options);
      return outcome === "accepted";
    } catch (error) {
      if (error instanceof QuorateError && error.code === "STALE_VERSION") return false;
      throw error;
    }
  }
}

/** The version that a new lease follows; a row past its end stands for nothing. */
function standingVersion(
  row: { readonly version: number; readonly expiry: bigint | undefined } | undefined,
  nowMs: number,
): number {
  if (row === undefined) return 0;
  const isOver = row.expiry !== undefined && Number(row.expiry >> 16n) <= nowMs;
  return isOver ? 0 : row.version;
}
