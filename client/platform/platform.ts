import type { Epoch, Hash, PublicKey } from "../../base/types.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import type { StreamedValue } from "../types.ts";

/**
 * Everything that the library needs from the machine it runs on. Node's is `node-platform.ts`; a
 * browser brings its own. Nothing else in `link/`, `read/`, `write/` and `revocation/` touches a
 * socket, a clock or a file.
 */
export interface Platform {
  readonly crypto: Crypto;
  randomBytes(size: number): Uint8Array;
  newHasher(): Hasher;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Never goes back; counts on through a wrong clock. */
  monotonicMs(): number;
  /** Runs once, soon, after what is being done now. */
  soon(run: () => void): void;
  /**
   * Runs about every `ms` until stopped, and keeps the process alive meanwhile: with every replica
   * gone there is no socket left to do so, and whoever waits must still get an answer.
   */
  every(ms: number, run: () => void): () => void;
  /** For addresses over TLS: whose key belongs there. Asked at each connection. */
  trust(keyOf: (address: string) => PublicKey | undefined): void;
  /** A WebSocket to `/client` of the replica there. */
  openSocket(address: string, events: SocketEvents): PlatformSocket;
  readonly blobs: BlobTransport;
  /** An encoded Chain from this epoch on, as whoever listens there tells it; undefined: nothing. */
  chain(address: string, from: Epoch): Promise<Uint8Array | undefined>;
  /** Keeps a value of unknown digest aside while it is hashed. */
  spool(bytes: AsyncIterable<Uint8Array>): Promise<SpooledValue>;
  readonly state: StateStorage;
}

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Of everything so far; more may follow. */
  digest(): Hash;
}

export interface SocketEvents {
  onOpen(): void;
  onMessage(bytes: Uint8Array): void;
  /** Once, also when it never opened. */
  onClose(): void;
}

export interface PlatformSocket {
  send(bytes: Uint8Array): void;
  /** Handed to `send` and not yet on its way. */
  bufferedBytes(): number;
  close(): void;
}

export interface BlobTransport {
  /** `undefined`: this replica does not hand it over. The iterable throws when the link breaks. */
  get(address: string, digest: Hash, signal: AbortSignal): Promise<BlobBody | undefined>;
  /**
   * Of a set of proofs what a theory permits (`POST /proofs/`); words of proof/frame/theory-words.ts.
   * "theory-unknown": its digest says nothing there. Else as `get`.
   */
  permitted(
    address: string,
    digest: Hash,
    words: Uint8Array,
    signal: AbortSignal,
  ): Promise<BlobBody | "theory-unknown" | undefined>;
  /** True: the replica holds the value now. */
  put(address: string, value: StreamedValue, signal: AbortSignal): Promise<boolean>;
  /** Small values in one request (consensus/wire/value-pack.ts). False: it took none of them. */
  putPack(address: string, values: readonly StreamedValue[], signal: AbortSignal): Promise<boolean>;
  close(): void;
}

export type BlobBody = AsyncIterable<Uint8Array>;

export interface SpooledValue extends StreamedValue {
  readonly dispose: () => Promise<void>;
}

/** A few hundred bytes that outlive the process. */
export interface StateStorage {
  load(): Promise<Uint8Array | undefined>;
  /** Old or new bytes after a crash, never a mixture. */
  save(bytes: Uint8Array): Promise<void>;
}
