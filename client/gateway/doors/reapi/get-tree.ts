import { status } from "@grpc/grpc-js";
import type { BlobDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import { foldersOf } from "../../../../proof/digest/remote-execution/tree.ts";
import type { Access } from "../../access/access.ts";
import { GRPC_BATCH_BYTES_MAX } from "../../limits.ts";
import { blobsOf } from "../remote-execution-entries.ts";
import { GrpcRefusal, missing, serverStream } from "./grpc-method.ts";
import type { Method } from "./grpc-method.ts";
import { namespaceOf } from "./looks.ts";
import { decodeGetTree, encodeTree } from "./messages.ts";

const PATH = "/build.bazel.remote.execution.v2.ContentAddressableStorage/GetTree";

/** Folders of one tree; a large checkout has some 10^4. */
const FOLDER_COUNT_MAX = 32 * 1024;
/** Bytes of all folders together that are walked for one call. */
const TREE_BYTES_MAX = 64 * 1024 * 1024;
/** In one message. */
const PAGE_BYTES_MAX = 1024 * 1024;

/** A folder and all below it, level by level. What cannot be had is left out, but not the root. */
export function getTree(access: Access): Method {
  return serverStream(
    PATH,
    { access, otherwise: status.NOT_FOUND },
    async (gateway, request, call) => {
      const { instance, root, pageToken } = decodeGetTree(request);
      if (pageToken !== "") throw new GrpcRefusal(status.INVALID_ARGUMENT, "no such page");
      const blobs = blobsOf(namespaceOf(instance), {
        sizeOf: () => Promise.resolve(undefined),
        bytesOf: (route) => gateway.wholeBytes(route, GRPC_BATCH_BYTES_MAX),
      });
      let page: Uint8Array[] = [];
      let pageSize = 0;
      const send = (): void => {
        const message = encodeTree(page);
        call.write(Buffer.from(message.buffer, message.byteOffset, message.length));
        page = [];
        pageSize = 0;
      };
      for await (const folder of walk(root, (digest) => blobs.bytesOf(digest))) {
        if (call.cancelled) return;
        if (pageSize + folder.length > PAGE_BYTES_MAX && page.length > 0) send();
        page.push(folder);
        pageSize += folder.length;
      }
      send();
    },
  );
}

/** Each folder once, however often it is named. @throws GrpcRefusal without the root */
async function* walk(
  root: BlobDigest,
  bytesOf: (digest: BlobDigest) => Promise<Uint8Array | undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const seen = new Map([[root.hash, root]]);
  let size = 0;
  // A map hands out what is added while it is walked.
  for (const digest of seen.values()) {
    const folder = await bytesOf(digest);
    const below = folder?.length === digest.size ? foldersOf(folder) : undefined;
    if (folder === undefined || below === undefined) {
      if (digest === root) throw missing("absent");
      continue;
    }
    size += folder.length;
    for (const child of below) if (!seen.has(child.hash)) seen.set(child.hash, child);
    if (size > TREE_BYTES_MAX || seen.size > FOLDER_COUNT_MAX) {
      throw new GrpcRefusal(status.RESOURCE_EXHAUSTED, "the tree is too large");
    }
    yield folder;
  }
}
