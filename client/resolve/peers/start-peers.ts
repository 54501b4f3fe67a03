import { toHex } from "../../../base/bytes.ts";
import type { Client, Signer } from "../../types.ts";
import { ProofFolder } from "../local/proof-folder.ts";
import { proofFolderOf } from "../resolve-setup.ts";
import { KnownPeers } from "./known-peers.ts";
import { PeerServer } from "./peer-server.ts";

export interface PeerOptions {
  /** Port for other gateways; undefined: this one answers none. 0: any free one. */
  readonly peerPort?: number | undefined;
  /** Default 127.0.0.1; an address that others reach, for gateways on several machines. */
  readonly peerHost?: string | undefined;
  /** Other gateways: `host:port`. */
  readonly peers?: readonly string[] | undefined;
  readonly signer?: Signer | undefined;
}

export interface RunningPeers {
  readonly port: number | undefined;
  close(): Promise<void>;
}

/** Between two looks at whose announcements count; the first ones come sooner. */
const ENROLLED_MS = 30_000;
const ENROLLED_FIRST_MS = 2_000;

/** What makes a gateway a peer. @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
export async function startPeers(
  { peerPort, peerHost = "127.0.0.1", peers = [], signer }: PeerOptions,
  cacheFolder: string,
  client: () => Client | undefined,
): Promise<RunningPeers> {
  if (peerPort === undefined) return { port: undefined, close: () => Promise.resolve() };
  const enrolled = new EnrolledKeys(client);
  const known = new KnownPeers(peers, (key) => enrolled.has(toHex(key)));
  const folder = new ProofFolder(proofFolderOf(cacheFolder));
  const server = await PeerServer.start({ host: peerHost, port: peerPort, signer }, folder, known);
  enrolled.follow();
  return {
    port: server.port,
    close: () => {
      enrolled.stop();
      return server.close();
    },
  };
}

/** The keys that the cluster's policy enrols, as far as it could be read last. */
class EnrolledKeys {
  readonly #client: () => Client | undefined;
  #keys: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(client: () => Client | undefined) {
    this.#client = client;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  follow(): void {
    void this.#read().finally(() => {
      if (this.#isStopped) return;
      const waitMs = this.#keys.size === 0 ? ENROLLED_FIRST_MS : ENROLLED_MS;
      this.#timer = setTimeout(() => this.follow(), waitMs).unref();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isStopped = true;
  }

  async #read(): Promise<void> {
    const policy = await this.#client()
      ?.policy()
      .catch(() => undefined);
    if (policy !== undefined) {
      this.#keys = new Set(policy.writers.map(({ writer }) => toHex(writer)));
    }
  }
}
