import type { Hash } from "../../base/types.ts";

/** The values, as upload, download and checking see them: node/store/, or memory in a test. */
export interface BlobStore {
  /** Bytes, or undefined when it is not here. */
  sizeOf(digest: Hash): number | undefined;
  /** The whole value, checked against its digest; undefined: absent or damaged. */
  read(digest: Hash): Promise<Uint8Array | undefined>;
  /** Bytes from `start` to `end`, both included, in pieces. */
  stream(
    digest: Hash,
    range: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array>;
  /**
   * Takes a value in pieces. True: it has this digest and size and is durable. Whatever else comes
   * leaves nothing behind.
   */
  receive(digest: Hash, size: number, pieces: AsyncIterable<Uint8Array>): Promise<boolean>;
  /** The same with a small value at hand; those that are received at one time share a flush. */
  receiveSmall(digest: Hash, bytes: Uint8Array): Promise<boolean>;
}
