import type { Epoch, Hlc } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { signedCodec } from "./certificate.ts";
import type { Signed } from "./certificate.ts";
import { codec } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { bytes, hlc, list, uint64 } from "./kinds.ts";

/** Its author has had no link to these members for long. It accuses nobody: silence is no fault. */
export interface Suspicion {
  readonly epoch: Epoch;
  /** Indexes, ascending, a byte each. */
  readonly members: Uint8Array;
  /** The signer's clock. */
  readonly asOf: Hlc;
}

export const suspicionCodec: Codec<Suspicion> = codec<Suspicion>("Suspicion", {
  epoch: uint64<Epoch>(),
  members: bytes(limits.REPLICA_COUNT_MAX),
  asOf: hlc(),
});

/** Which members leave because a quorum of all has long heard nothing of any of them. */
export interface Removal {
  /** Indexes, ascending, a byte each. */
  readonly members: Uint8Array;
  /** Q suspicions, each of all these members, by ascending authors. */
  readonly suspicions: readonly Signed[];
}

export const removalCodec: Codec<Removal> = codec<Removal>("Removal", {
  members: bytes(limits.REPLICA_COUNT_MAX),
  suspicions: list(signedCodec, limits.REPLICA_COUNT_MAX),
});
