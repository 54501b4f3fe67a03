import { equalBytes } from "../../base/bytes.ts";
import { hlcMax } from "../../base/hlc.ts";
import type { Epoch, Hlc, Sequence } from "../../base/types.ts";
import { memberKey, quorumOf } from "../committee.ts";
import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import { Epochs } from "../epochs/epochs.ts";
import { isExpired } from "../expiry.ts";
import { genesisCommittee } from "../genesis.ts";
import type { Genesis } from "../genesis.ts";
import { verifyMapProof } from "../map/map-proof.ts";
import { rowHash } from "../map/node-hash.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { DOMAIN, signingBytes } from "../signing.ts";
import { provenStatement } from "../statement-certificate.ts";
import { heartbeatCodec, statementCodec } from "../wire/certificate.ts";
import type { SignedHeartbeat, Statement } from "../wire/certificate.ts";
import { RECEIPT_FORMAT } from "../wire/receipt.ts";
import type { Receipt } from "../wire/receipt.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { decodeReceipt } from "./receipt-bytes.ts";

/** Why a receipt shows nothing. Stable: people match on it. */
export type ReceiptRefusal =
  | "RECEIPT_MALFORMED"
  | "RECEIPT_WRONG_CLUSTER"
  | "RECEIPT_EPOCH_UNKNOWN"
  | "RECEIPT_CERTIFICATE_INVALID"
  | "RECEIPT_HEARTBEATS_INVALID"
  | "RECEIPT_PROOF_INVALID"
  | "RECEIPT_ROW_MISMATCH"
  | "RECEIPT_VALUE_UNEXPECTED"
  | "RECEIPT_VALUE_MISMATCH";

/** Why an absence is one: nothing there, not (any more) served, or past its end. */
export type AbsenceReason = "absent" | "pending" | "disputed" | "withdrawn" | "expired";

interface Shown {
  readonly valid: true;
  readonly namespace: string;
  readonly key: Uint8Array;
  /** What was so at this time: the agreed time, or the smallest as-of of Q heartbeats if later. */
  readonly time: Hlc;
  readonly sequence: Sequence;
  readonly epoch: Epoch;
}

export type ReceiptVerdict =
  | (Shown & { readonly kind: "presence"; readonly entry: EntryRow })
  | (Shown & {
      readonly kind: "absence";
      readonly absence: AbsenceReason;
      /** The row that is there but not served. */
      readonly entry: EntryRow | undefined;
    })
  | { readonly valid: false; readonly code: ReceiptRefusal; readonly reason: string };

/**
 * What a receipt shows to one who trusts nothing but `cluster.json`. Offline, pure; never throws.
 * With the value's bytes it also shows that they are the ones certified. The caller compares
 * namespace and key with what was asked.
 */
export function verifyReceipt(
  crypto: Crypto,
  genesis: Genesis,
  bytes: Uint8Array,
  value?: Uint8Array,
): ReceiptVerdict {
  const receipt = decodeReceipt(crypto.hash, bytes);
  if (receipt === undefined || receipt.format !== RECEIPT_FORMAT) {
    return refused(
      "RECEIPT_MALFORMED",
      "the bytes are not a receipt of format 1, or they are damaged",
    );
  }
  if (!equalBytes(receipt.clusterId, genesis.clusterId)) {
    return refused("RECEIPT_WRONG_CLUSTER", "the receipt is of another cluster");
  }
  const committee = committeeOf(crypto, genesis, receipt);
  if (committee === undefined) {
    return refused(
      "RECEIPT_EPOCH_UNKNOWN",
      "its links do not lead from genesis to the configuration that signed it",
    );
  }
  const verdict = judge(crypto, committee, receipt);
  return verdict.valid && value !== undefined ? withValue(crypto, verdict, value) : verdict;
}

/** Exactly the links that lead there: not more, so that no byte of a receipt is without meaning. */
function committeeOf(crypto: Crypto, genesis: Genesis, receipt: Receipt): Committee | undefined {
  const epochs = new Epochs(crypto, genesisCommittee(genesis));
  // A statement of another epoch is then for the certificate's own check to refuse.
  if (receipt.links.length === 0) return epochs.newest;
  const { sound } = epochs.follow(receipt.links, epochs.newest.epoch);
  const statement = statementCodec.tryDecode(receipt.certificate.statement);
  if (!sound || statement === undefined) return undefined;
  const { newest } = epochs;
  const begins = epochs.linkInto(newest.epoch)?.boundary ?? -1;
  return statement.epoch === newest.epoch && statement.sequence > begins ? newest : undefined;
}

function judge(crypto: Crypto, committee: Committee, receipt: Receipt): ReceiptVerdict {
  const statement = provenStatement(crypto, committee, receipt.certificate);
  if (statement === undefined) {
    return refused(
      "RECEIPT_CERTIFICATE_INVALID",
      `it does not carry ${quorumOf(committee)} valid signatures of members over one statement`,
    );
  }
  const asOf = smallestAsOf(crypto, committee, statement, receipt.heartbeats);
  if (asOf === undefined) {
    return refused("RECEIPT_HEARTBEATS_INVALID", "its heartbeats do not prove a time");
  }
  const key = entryStateKey(crypto.hash, receipt.namespace, receipt.key);
  const shown = verifyMapProof(crypto.hash, statement.stateRoot, key, receipt.proof);
  if (shown === undefined) {
    return refused("RECEIPT_PROOF_INVALID", "its path does not lead to the certified root");
  }
  const about = {
    valid: true,
    namespace: receipt.namespace,
    key: receipt.key,
    time: hlcMax(statement.agreedTime, asOf),
    sequence: statement.sequence,
    epoch: statement.epoch,
  } as const;
  if (!shown.present) {
    if (receipt.row.length > 0) {
      return refused("RECEIPT_ROW_MISMATCH", "it proves an absence and yet has an entry");
    }
    return { ...about, kind: "absence", absence: "absent", entry: undefined };
  }
  if (!equalBytes(rowHash(crypto.hash, receipt.row), shown.rowHash)) {
    return refused("RECEIPT_ROW_MISMATCH", "its entry is not the one that the root covers");
  }
  return ofRow(about, receipt.row);
}

function ofRow(about: Shown, row: Uint8Array): ReceiptVerdict {
  const entry = entryRowCodec.tryDecode(row);
  if (entry === undefined) return refused("RECEIPT_ROW_MISMATCH", "its entry cannot be read");
  if (isExpired(entry.expiry, about.time)) {
    return { ...about, kind: "absence", absence: "expired", entry };
  }
  if (entry.state === ENTRY_CONFIRMED) return { ...about, kind: "presence", entry };
  const absence = ABSENCES[entry.state];
  if (absence === undefined) return refused("RECEIPT_ROW_MISMATCH", "its entry has no known state");
  return { ...about, kind: "absence", absence, entry };
}

/** By ENTRY_*. */
const ABSENCES: readonly (AbsenceReason | undefined)[] = [
  undefined,
  "pending",
  undefined,
  "disputed",
  "withdrawn",
];

function withValue(
  crypto: Crypto,
  verdict: ReceiptVerdict & { readonly valid: true },
  value: Uint8Array,
): ReceiptVerdict {
  if (verdict.kind === "absence") {
    return refused("RECEIPT_VALUE_UNEXPECTED", "it proves an absence: no value belongs to it");
  }
  const { entry } = verdict;
  if (entry.size !== value.length || !equalBytes(entry.valueDigest, crypto.hash(value))) {
    return refused("RECEIPT_VALUE_MISMATCH", "the value is not the one that the entry names");
  }
  return verdict;
}

/**
 * No heartbeats: time 0. Otherwise exactly Q of ascending authors, each of the statement's own
 * sequence and root; undefined when they are anything else.
 */
function smallestAsOf(
  crypto: Crypto,
  committee: Committee,
  statement: Statement,
  heartbeats: readonly SignedHeartbeat[],
): Hlc | undefined {
  if (heartbeats.length === 0) return 0n as Hlc;
  if (heartbeats.length !== quorumOf(committee)) return undefined;
  let smallest: Hlc | undefined;
  let previous = -1;
  for (const { author, heartbeat: body, signature } of heartbeats) {
    const heartbeat = heartbeatCodec.tryDecode(body);
    const member = memberKey(committee, author);
    if (heartbeat === undefined || member === undefined || author <= previous) return undefined;
    previous = author;
    if (heartbeat.epoch !== statement.epoch || heartbeat.sequence !== statement.sequence) {
      return undefined;
    }
    if (!equalBytes(heartbeat.stateRoot, statement.stateRoot)) return undefined;
    const signed = signingBytes(DOMAIN.heartbeat, committee.clusterId, heartbeat.epoch, body);
    if (!crypto.verify(member, signed, signature)) return undefined;
    if (smallest === undefined || heartbeat.asOf < smallest) smallest = heartbeat.asOf;
  }
  return smallest;
}

function refused(code: ReceiptRefusal, reason: string): ReceiptVerdict {
  return { valid: false, code, reason };
}
