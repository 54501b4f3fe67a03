import { concatBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import {
  PROOF_SET_LEAD_SIZE,
  readProofSetHead,
  sizeOfHead,
} from "../../proof/admission/proof-set.ts";
import type { ProofSetHead } from "../../proof/admission/proof-set.ts";
import { judged } from "../../proof/frame/stop.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { CHECKED_PAYLOAD_BYTES_MAX } from "../limits.ts";

/** A set of proofs that lies in the store: its head and payload held, its proofs still there. */
export interface StoredSet extends ProofSetHead {
  readonly payload: Uint8Array;
  /** Where each proof's bytes lie in the value. */
  readonly places: readonly { readonly start: number; readonly size: number }[];
  /** The whole value, where it is small. */
  readonly bytes: Uint8Array | undefined;
}

/** Read in one go. Nearly every theorem's is; a proof about a formula may have gigabytes. */
export const SMALL_SET_BYTES_MAX: number = 64 * 1024;

/** Undefined: no set, or with a payload that no checker here would read. */
export async function readStoredSet(
  blobs: Pick<BlobStore, "stream" | "read" | "sizeOf">,
  digest: Hash,
): Promise<StoredSet | undefined> {
  const isSmall = (blobs.sizeOf(digest) ?? Infinity) <= SMALL_SET_BYTES_MAX;
  const bytes = isSmall ? await blobs.read(digest) : undefined;
  const set = await readSetHead(blobs, digest, bytes);
  if (set === undefined || set.payload.size > CHECKED_PAYLOAD_BYTES_MAX) return undefined;
  const { kind, payloadSize, proofs, places } = set;
  const { start, size } = set.payload;
  const payload = bytes?.subarray(start, start + size) ?? readRange(blobs, digest, start, size);
  // Kept for long, where the rest of the set is not.
  return { kind, payloadSize, proofs, payload: (await payload).slice(), places, bytes };
}

/** A set's head, as it is written and as it reads, and where the rest lies. */
export interface SetHeadPlace extends ProofSetHead {
  readonly head: Uint8Array;
  readonly payload: { readonly start: number; readonly size: number };
  readonly places: readonly { readonly start: number; readonly size: number }[];
}

/** `bytes`: the whole value, where it is at hand. Undefined: no set. */
export async function readSetHead(
  blobs: Pick<BlobStore, "stream">,
  digest: Hash,
  bytes?: Uint8Array,
): Promise<SetHeadPlace | undefined> {
  const read = (start: number, count: number): Promise<Uint8Array> | Uint8Array =>
    bytes?.subarray(start, start + count) ?? readRange(blobs, digest, start, count);
  const lead = await read(0, PROOF_SET_LEAD_SIZE);
  const size = judged(() => sizeOfHead(lead));
  if (size.status !== "accept") return undefined;
  const head = await read(PROOF_SET_LEAD_SIZE, size.value);
  const written = judged(() => readProofSetHead(head));
  if (written.status !== "accept") return undefined;
  const payload = { start: PROOF_SET_LEAD_SIZE + size.value, size: written.value.payloadSize };
  let start = payload.start + payload.size;
  const places = written.value.proofs.map((proof) => {
    const place = { start, size: proof.size };
    start += proof.size;
    return place;
  });
  return { ...written.value, head, payload, places };
}

/** Fewer bytes than asked where the value ends. */
export async function readRange(
  blobs: Pick<BlobStore, "stream">,
  digest: Hash,
  start: number,
  size: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of streamRange(blobs, digest, start, size)) pieces.push(piece);
  return concatBytes(...pieces);
}

export async function* streamRange(
  blobs: Pick<BlobStore, "stream">,
  digest: Hash,
  start: number,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (size > 0) yield* blobs.stream(digest, { start, end: start + size - 1 });
}
