import { PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type { Epoch, PublicKey, Signature } from "../../base/types.ts";
import { codec } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { fixed, uint64 } from "./kinds.ts";

/** What a writer orders about its own key: another one takes its place, and everything it may do. */
export interface Rotation {
  /** In which the successor has signed. */
  readonly epoch: Epoch;
  readonly successor: PublicKey;
  /** By the successor over `rotationBytes` (consensus/epochs/rotation.ts). */
  readonly consent: Signature;
}

export const rotationCodec: Codec<Rotation> = codec<Rotation>("Rotation", {
  epoch: uint64<Epoch>(),
  successor: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  consent: fixed<Signature>(SIGNATURE_SIZE),
});
