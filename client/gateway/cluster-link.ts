import type { Hash } from "../../base/types.ts";
import { entryHash } from "../../consensus/hashing.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { RevocationFollower } from "../revocation/revocation-follower.ts";
import type { Client } from "../types.ts";
import { RECONNECT_MS } from "./limits.ts";

export interface ClusterEvents {
  readonly onConnected: () => void;
  readonly onRevoked: (location: Hash, certifiedDigest: Hash | undefined) => void;
}

/**
 * The gateway's one client. A gateway starts whether or not there is a cluster, so connecting goes
 * on in the background until it succeeds; after that the library keeps its own connections.
 */
export class ClusterLink {
  readonly #connect: (signal: AbortSignal) => Promise<Client>;
  readonly #events: ClusterEvents;
  readonly #ends = new AbortController();
  #client: Client | undefined;
  #follower: RevocationFollower | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Why the last attempt failed, for status and doctor. */
  #trouble: string | undefined;

  constructor(connect: (signal: AbortSignal) => Promise<Client>, events: ClusterEvents) {
    this.#connect = connect;
    this.#events = events;
    void this.#try();
  }

  get client(): Client | undefined {
    return this.#client;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** How old the followed revocation log is; Infinity while none was followed. */
  logAgeMs(): number {
    return this.#follower?.ageMs() ?? Number.POSITIVE_INFINITY;
  }

  followedSequence(): number {
    return this.#follower?.followedTo?.sequence ?? 0;
  }

  isReachable(): boolean {
    return this.#client?.status().replicas.some((replica) => replica.connected) ?? false;
  }

  async close(): Promise<void> {
    this.#ends.abort();
    clearTimeout(this.#timer);
    await this.#client?.close();
  }

  async #try(): Promise<void> {
    try {
      const client = await this.#connect(this.#ends.signal);
      if (this.#ends.signal.aborted) return await client.close();
      this.#client = client;
      this.#trouble = undefined;
      this.#follow(client);
      this.#events.onConnected();
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
      if (this.#ends.signal.aborted) return;
      this.#timer = setTimeout(() => void this.#try(), RECONNECT_MS);
    }
  }

  #follow(client: Client): void {
    const follower = client.followRevocations();
    follower.onRevoked((records) => {
      for (const { namespace, key, valueDigest } of records) {
        this.#events.onRevoked(entryHash(nodeCrypto.hash, namespace, key), valueDigest);
      }
    });
    this.#follower = follower;
  }
}
