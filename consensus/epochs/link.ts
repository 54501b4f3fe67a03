import { equalBytes } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import { verifyMapProof } from "../map/map-proof.ts";
import { rowHash } from "../map/node-hash.ts";
import { configurationStateKey } from "../map/state-keys.ts";
import { provenStatement } from "../statement-certificate.ts";
import { configurationRowCodec, linkCodec } from "../wire/configuration.ts";
import type { Link } from "../wire/configuration.ts";

/** A configuration, the place where it began, and what proves it to who knows the one before. */
export interface ProvenLink {
  readonly committee: Committee;
  /** c: the last sequence of the epoch before. */
  readonly boundary: Sequence;
  readonly link: Link;
  /** As it was handed over, and as it is handed on. */
  readonly bytes: Uint8Array;
}

/**
 * The next configuration, if this link leads there from the one before; undefined: it does not.
 *
 * 1. Exactly Q members of the old configuration signed the statement over c.
 * 2. The row of the next epoch, and of no other, lies under that statement's root.
 * 3. The row names c as its boundary: an earlier root that shows the row as well is no link,
 *    because the old epoch was still voting there.
 */
export function verifyLink(
  crypto: Crypto,
  from: Committee,
  bytes: Uint8Array,
): ProvenLink | undefined {
  const link = linkCodec.tryDecode(bytes);
  const row = link && configurationRowCodec.tryDecode(link.row);
  if (link === undefined || row?.epoch !== from.epoch + 1) return undefined;
  const statement = provenStatement(crypto, from, link.certificate);
  if (statement?.sequence !== row.boundary) return undefined;
  const key = configurationStateKey(row.epoch);
  const shown = verifyMapProof(crypto.hash, statement.stateRoot, key, link.proof);
  if (shown?.present !== true) return undefined;
  if (!equalBytes(rowHash(crypto.hash, link.row), shown.rowHash)) return undefined;
  const { epoch, members, faultyMax, boundary } = row;
  const committee = { clusterId: from.clusterId, epoch, members, faultyMax };
  return { committee, boundary, link, bytes };
}
