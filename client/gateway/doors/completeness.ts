import { referencedBlobs } from "../../../proof/digest/remote-execution/action-result.ts";
import type {
  ActionResult,
  BlobDigest,
} from "../../../proof/digest/remote-execution/action-result.ts";
import { filesOfTree } from "../../../proof/digest/remote-execution/tree.ts";

/** Blobs of one namespace, by digest. */
export interface BlobLookup {
  readonly sizeOf: (digest: BlobDigest) => Promise<number | undefined>;
  readonly bytesOf: (digest: BlobDigest) => Promise<Uint8Array | undefined>;
}

/** Blobs that one result may name, folders' contents included: a large `node_modules`, twice. */
const BLOB_COUNT_MAX = 128 * 1024;
/** Asked about at once; each may be a question to the cluster. */
const STEP = 64;

/**
 * Whether everything that an action result names can be had, at the size that it names: every
 * output file, every file of every output folder, what was printed. One that is missing and one
 * that is another namespace's are the same.
 */
export async function isComplete(result: ActionResult, lookup: BlobLookup): Promise<boolean> {
  const wanted = new Map<string, number>();
  if (!want(wanted, referencedBlobs(result))) return false;
  for (const { treeDigest } of result.folders) {
    // A folder that names only its root would have to be read level by level.
    if (treeDigest === undefined) return false;
    const tree = await lookup.bytesOf(treeDigest);
    const files = tree?.length === treeDigest.size ? filesOfTree(tree) : undefined;
    if (files === undefined || !want(wanted, files)) return false;
  }
  const blobs = [...wanted].map(([hash, size]) => ({ hash, size }));
  for (let at = 0; at < blobs.length; at += STEP) {
    const step = blobs.slice(at, at + STEP);
    const sizes = await Promise.all(step.map((blob) => lookup.sizeOf(blob)));
    if (sizes.some((size, index) => size !== step[index]?.size)) return false;
  }
  return true;
}

/** False: too many, or one digest with two sizes. */
function want(wanted: Map<string, number>, blobs: readonly BlobDigest[]): boolean {
  for (const { hash, size } of blobs) {
    if ((wanted.get(hash) ?? size) !== size) return false;
    wanted.set(hash, size);
  }
  return wanted.size <= BLOB_COUNT_MAX;
}
