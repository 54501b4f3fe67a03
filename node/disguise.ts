import type { FrameKind } from "../consensus/wire/frame.ts";
import type { BlobStore } from "./host/blob-store.ts";
import type { Identity } from "./transport/handshake.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * What a test puts between a replica and everything that leaves it, so that a liar can be made of a
 * real one: it holds the key, so what it signs is signed. No command reaches this.
 */
export interface Disguise {
  /** Towards peers. */
  transport(transport: Transport, identity: Identity): Transport;
  /** A frame towards a client: the body that leaves instead. */
  answer(kind: FrameKind, body: Uint8Array): Uint8Array;
  /** Values, as `/blob` hands them out. */
  blobs(blobs: BlobStore): BlobStore;
}
