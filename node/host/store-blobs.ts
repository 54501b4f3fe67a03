import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";
import type { ValueStore } from "../store/value-store.ts";
import type { BlobStore } from "./blob-store.ts";

/** What others said wrong about their bytes; everything else is our own trouble. */
const SENDERS_FAULT: ReadonlySet<unknown> = new Set(["VALUE_DIGEST", "VALUE_SIZE"]);

/** The values of the store on disk, as upload, download and checking see them. */
export class StoreBlobs implements BlobStore {
  readonly #values: ValueStore;

  constructor(values: ValueStore) {
    this.#values = values;
  }

  sizeOf(digest: Hash): number | undefined {
    return this.#values.sizeOf(digest);
  }

  read(digest: Hash): Promise<Uint8Array | undefined> {
    return this.#values.get(digest);
  }

  stream(
    digest: Hash,
    range: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array> {
    const stream = this.#values.openRead(digest, { start: range.start, end: range.end + 1 });
    return stream ?? vanished();
  }

  /** @throws QuorateError DISK_FULL, and what the sender's stream throws */
  receive(digest: Hash, size: number, pieces: AsyncIterable<Uint8Array>): Promise<boolean> {
    return isRight(pipeline(Readable.from(pieces), this.#values.openUpload(digest, size)));
  }

  /** @throws QuorateError DISK_FULL */
  receiveSmall(digest: Hash, bytes: Uint8Array): Promise<boolean> {
    return isRight(this.#values.putSmall(digest, bytes));
  }
}

async function isRight(taking: Promise<void>): Promise<boolean> {
  try {
    await taking;
    return true;
  } catch (error) {
    if (SENDERS_FAULT.has((error as { readonly code?: unknown }).code)) return false;
    throw error;
  }
}

/** It was here a moment ago and proved damaged: an end without bytes would look like an answer. */
function vanished(): Readable {
  const error = new QuorateError(
    "VALUE_DAMAGED",
    "the value is no longer here",
    "ask another replica; this one repairs itself",
  );
  return new Readable({
    read(): void {
      this.destroy(error);
    },
  });
}
