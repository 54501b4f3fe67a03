import type { Hash } from "../../base/types.ts";
import type { BlobStore } from "../../node/host/blob-store.ts";
import { flipped } from "./forger.ts";
import type { LiePlan, LiesTold } from "./lies.ts";

/** Hands out as many bytes as were asked for, the last of each piece wrong. Keeps what it is given. */
export function wrongBlobs(
  blobs: BlobStore,
  lying: { readonly plan: LiePlan; readonly told: LiesTold },
): BlobStore {
  const { plan, told } = lying;
  return {
    sizeOf: (digest) => blobs.sizeOf(digest),
    read: (digest) => blobs.read(digest),
    receive: (digest, size, pieces) => blobs.receive(digest, size, pieces),
    receiveSmall: (digest, bytes) => blobs.receiveSmall(digest, bytes),
    async *stream(digest: Hash, range) {
      for await (const piece of blobs.stream(digest, range)) {
        if (plan.blobs) told.add("wrong-bytes");
        yield plan.blobs ? flipped(piece, piece.length - 1) : piece;
      }
    },
  };
}
