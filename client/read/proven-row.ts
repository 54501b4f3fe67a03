import { equalBytes } from "../../base/bytes.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { verifyMapProof } from "../../consensus/map/map-proof.ts";
import { rowHash } from "../../consensus/map/node-hash.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import type { Sequence } from "../../base/types.ts";
import type { Lie } from "../link/health-notes.ts";
import type { KnownRoots, ProvenRoot } from "../link/known-roots.ts";

/** The root that an answer rests on: its certificate's, or one that we said we know. */
export function rootOfAnswer(
  roots: KnownRoots,
  answer: {
    readonly sequence: Sequence;
    readonly certificate: StatementCertificate | undefined;
  },
): ProvenRoot | Lie {
  const { certificate, sequence } = answer;
  const root = certificate === undefined ? roots.at(sequence) : roots.prove(certificate);
  if (root === undefined) return "forged-certificate";
  return root.sequence === sequence ? root : "stale-root";
}

/** Undefined: the row (empty: its absence) is what this root covers under the key. */
export function lieOfRow(
  crypto: Crypto,
  root: ProvenRoot,
  key: Uint8Array,
  claim: { readonly row: Uint8Array; readonly proof: MapProof | undefined },
): Lie | undefined {
  if (claim.proof === undefined) return "forged-proof";
  const verdict = verifyMapProof(crypto.hash, root.stateRoot, key, claim.proof);
  if (verdict === undefined) return "forged-proof";
  if (!verdict.present) return claim.row.length === 0 ? undefined : "wrong-row";
  return equalBytes(rowHash(crypto.hash, claim.row), verdict.rowHash) ? undefined : "wrong-row";
}
