import { HASH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type { Epoch, Hash, PublicKey, Signature } from "../../base/types.ts";
import { codec } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { fixed, uint64 } from "./kinds.ts";

/** An administrator's word that a replica may go on although it saw this contradiction. */
export interface Resume {
  readonly epoch: Epoch;
  /** `contradictionId` (consensus/evidence/contradiction.ts). */
  readonly evidence: Hash;
  readonly administrator: PublicKey;
  /** Over the evidence, in the domain of resuming, for this cluster and epoch. */
  readonly signature: Signature;
}

export const resumeCodec: Codec<Resume> = codec<Resume>("Resume", {
  epoch: uint64<Epoch>(),
  evidence: fixed<Hash>(HASH_SIZE),
  administrator: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  signature: fixed<Signature>(SIGNATURE_SIZE),
});
