import { randomBytes } from "node:crypto";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { epoch } from "../../base/types.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { faultyMaxAtGenesis } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Identity } from "../transport/handshake.ts";

/** Fresh keys and a committee of them, for tests that need no genesis. */
export function testCommittee(memberCount: number): {
  readonly committee: Committee;
  readonly keys: readonly SigningKey[];
} {
  const keys = Array.from({ length: memberCount }, () => signingKey(newSeed()));
  const committee: Committee = {
    clusterId: nodeCrypto.hash(randomBytes(32)),
    epoch: epoch(0),
    members: keys.map((key) => ({ publicKey: key.publicKey, address: "127.0.0.1:1" })),
    faultyMax: faultyMaxAtGenesis(Math.max(4, memberCount)),
  };
  return { committee, keys };
}

export function testIdentity(committee: Committee, key: SigningKey, index: number): Identity {
  return {
    index: index as ReplicaIndex,
    committee,
    crypto: nodeCrypto,
    sign: (message) => key.sign(message),
    nonce: () => new Uint8Array(randomBytes(32)),
  };
}
