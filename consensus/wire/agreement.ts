import { HASH_SIZE } from "../../base/types.ts";
import type { Epoch, Hash, Hlc, Sequence, View } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { certificateCodec, signedCodec, statementCertificateCodec } from "./certificate.ts";
import type { Certificate, Signed, StatementCertificate } from "./certificate.ts";
import { codec } from "./codec.ts";
import { bytes, fixed, flag, hlc, list, optional, uint64, part } from "./kinds.ts";
import type { Codec } from "./codec.ts";
import { removalCodec } from "./removal.ts";
import type { Removal } from "./removal.ts";

export interface BatchItem {
  /**
   * Encoded WriteSet. Its values are inside exactly when it needs no acknowledgements. Decoded it
   * lies in the batch's own bytes, which a checked batch keeps beside it.
   */
  readonly writeSet: Uint8Array;
  /** Q acknowledgements of the write set's header digest. */
  readonly acknowledgements: Certificate | undefined;
}

const batchItemCodec: Codec<BatchItem> = codec<BatchItem>("BatchItem", {
  writeSet: part(limits.WRITE_SET_BYTES_MAX),
  acknowledgements: optional(certificateCodec),
});

/** What a proposal is about. Its digest does not name a view, so a new view can propose it again. */
export interface Batch {
  readonly proposedTime: Hlc;
  readonly items: readonly BatchItem[];
  /** Members that leave for their silence; undefined: none, as nearly always. */
  readonly removal?: Removal | undefined;
}

export const batchCodec: Codec<Batch> = codec<Batch>("Batch", {
  proposedTime: hlc(),
  items: list(batchItemCodec, limits.BATCH_ITEM_COUNT_MAX),
  removal: optional(removalCodec),
});

export interface ViewChange {
  readonly epoch: Epoch;
  readonly newView: View;
  /** Certificate of the sender's last stable checkpoint; undefined at genesis. */
  readonly stable: StatementCertificate | undefined;
  /** One prepared certificate for each sequence prepared above it, ascending, of the highest view. */
  readonly prepared: readonly Certificate[];
}

export const viewChangeCodec: Codec<ViewChange> = codec<ViewChange>("ViewChange", {
  epoch: uint64<Epoch>(),
  newView: uint64<View>(),
  stable: optional(statementCertificateCodec),
  prepared: list(certificateCodec, limits.WINDOW_LENGTH),
});

export interface Reproposal {
  readonly sequence: Sequence;
  /** Of the batch to be proposed again, or `NULL_BATCH_DIGEST` for a null request. */
  readonly digest: Hash;
}

const reproposalCodec: Codec<Reproposal> = codec<Reproposal>("Reproposal", {
  sequence: uint64<Sequence>(),
  digest: fixed<Hash>(HASH_SIZE),
});

export interface NewView {
  readonly epoch: Epoch;
  readonly view: View;
  /** Q signed view-changes of distinct authors for this view. */
  readonly viewChanges: readonly Signed[];
  readonly reproposals: readonly Reproposal[];
}

export const newViewCodec: Codec<NewView> = codec<NewView>("NewView", {
  epoch: uint64<Epoch>(),
  view: uint64<View>(),
  viewChanges: list(signedCodec, limits.REPLICA_COUNT_MAX),
  reproposals: list(reproposalCodec, limits.WINDOW_LENGTH),
});

// ---- unsigned: each answer proves itself by hash or certificate

export interface FetchBatch {
  readonly digest: Hash;
}

export const fetchBatchCodec: Codec<FetchBatch> = codec<FetchBatch>("FetchBatch", {
  digest: fixed<Hash>(HASH_SIZE),
});

/** Asks for the committed batches from..to, both included. */
export interface FetchCommitted {
  readonly from: Sequence;
  readonly to: Sequence;
}

export const fetchCommittedCodec: Codec<FetchCommitted> = codec<FetchCommitted>("FetchCommitted", {
  from: uint64<Sequence>(),
  to: uint64<Sequence>(),
});

export interface Committed {
  readonly commit: Certificate;
  /** Encoded {@link Batch}; empty for a null request. */
  readonly batch: Uint8Array;
}

export const committedCodec: Codec<Committed> = codec<Committed>("Committed", {
  commit: certificateCodec,
  batch: bytes(limits.BATCH_BYTES_MAX),
});

export interface FetchNodes {
  readonly sequence: Sequence;
  readonly root: Hash;
  /** Where the nodes stand below the root: see map/node-path.ts. */
  readonly paths: readonly Uint8Array[];
}

export const fetchNodesCodec: Codec<FetchNodes> = codec<FetchNodes>("FetchNodes", {
  sequence: uint64<Sequence>(),
  root: fixed<Hash>(HASH_SIZE),
  paths: list(fixed(limits.MAP_KEY_SIZE + 2), limits.PAGE_COUNT_MAX),
});

export interface Nodes {
  readonly root: Hash;
  /** The answerer no longer holds this root. */
  readonly gone: boolean;
  readonly nodes: readonly Uint8Array[];
}

export const nodesCodec: Codec<Nodes> = codec<Nodes>("Nodes", {
  root: fixed<Hash>(HASH_SIZE),
  gone: flag(),
  nodes: list(bytes(limits.ROW_BYTES_MAX), limits.PAGE_COUNT_MAX),
});

export interface FetchRows {
  readonly root: Hash;
  readonly keys: readonly Uint8Array[];
}

export const fetchRowsCodec: Codec<FetchRows> = codec<FetchRows>("FetchRows", {
  root: fixed<Hash>(HASH_SIZE),
  keys: list(fixed(limits.MAP_KEY_SIZE), limits.PAGE_COUNT_MAX),
});

export interface Rows {
  readonly root: Hash;
  readonly gone: boolean;
  readonly keys: readonly Uint8Array[];
  readonly rows: readonly Uint8Array[];
}

export const rowsCodec: Codec<Rows> = codec<Rows>("Rows", {
  root: fixed<Hash>(HASH_SIZE),
  gone: flag(),
  keys: list(fixed(limits.MAP_KEY_SIZE), limits.PAGE_COUNT_MAX),
  rows: list(bytes(limits.ROW_BYTES_MAX), limits.PAGE_COUNT_MAX),
});

/** Asks for the newest stable checkpoint, if it is above this sequence. */
export interface FetchStable {
  readonly above: Sequence;
}

export const fetchStableCodec: Codec<FetchStable> = codec<FetchStable>("FetchStable", {
  above: uint64<Sequence>(),
});

export interface Stable {
  readonly certificate: StatementCertificate;
}

export const stableCodec: Codec<Stable> = codec<Stable>("Stable", {
  certificate: statementCertificateCodec,
});
