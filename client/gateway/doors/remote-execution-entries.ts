import { fromHex } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { actionResult1 } from "../../../proof/digest/remote-execution/action-result-kind.ts";
import { raw1 } from "../../../proof/digest/raw/raw-1.ts";
import type { EntryForm, Reader } from "../entry-form.ts";
import { doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import type { BlobLookup } from "./completeness.ts";

/** Entries of the Remote Execution API: the same ones over HTTP and over gRPC. */

export const EMPTY_BLOB = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Bytes under their own SHA-256. */
const BLOB_FORM: EntryForm = {
  kinds: new Set([raw1.id]),
  contentType: "application/octet-stream",
  envelopeBytes: 0,
  take: (request) => ({ kindOf: () => raw1, bytes: request }),
};

/** Action results in canonical form and nothing else. */
const RESULT_FORM: EntryForm = {
  kinds: new Set([actionResult1.id]),
  contentType: "application/octet-stream",
  envelopeBytes: 0,
};

/** Undefined: the namespace can be none. */
export function blobRoute(namespace: string, hash: string): DoorRoute | undefined {
  return doorRoute(namespace, `bazel/cas/${hash}`, BLOB_FORM, fromHex(hash) as Hash);
}

export function resultName(hash: string): string {
  return `bazel/ac/${hash}`;
}

/** For a door that takes in and hands out protobuf messages only. */
export function resultRoute(namespace: string, hash: string): DoorRoute | undefined {
  return doorRoute(namespace, resultName(hash), RESULT_FORM);
}

/** The blobs of a namespace, the empty one among them wherever it was put. */
export function blobsOf(namespace: string, reader: Pick<Reader, "sizeOf" | "bytesOf">): BlobLookup {
  return {
    async sizeOf({ hash }) {
      if (hash === EMPTY_BLOB) return 0;
      const route = blobRoute(namespace, hash);
      return route && reader.sizeOf(route);
    },
    async bytesOf({ hash }) {
      if (hash === EMPTY_BLOB) return new Uint8Array(0);
      const route = blobRoute(namespace, hash);
      return route && reader.bytesOf(route);
    },
  };
}
