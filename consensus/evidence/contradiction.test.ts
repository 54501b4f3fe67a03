import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type {
  Epoch,
  Hash,
  Hlc,
  ReplicaIndex,
  Sequence,
  Signature,
  View,
} from "../../base/types.ts";
import {
  certificateCodec,
  statementCertificateCodec,
  statementCodec,
} from "../wire/certificate.ts";
import { EVIDENCE_CERTIFIED, EVIDENCE_COMMITTED, EVIDENCE_PREPARED } from "../wire/evidence.ts";
import type { EvidenceKind } from "../wire/evidence.ts";
import { contradictionId } from "./contradiction.ts";

const filled = (fill: number): Hash => new Uint8Array(32).fill(fill) as Hash;

/** `by`: whoever signed it. */
function statement(root: number, by = 0): Uint8Array {
  const [epoch, sequence, agreedTime] = [0 as Epoch, 7 as Sequence, 5n as Hlc];
  const signature = new Uint8Array(64).fill(by) as Signature;
  return statementCertificateCodec.encode({
    statement: statementCodec.encode({ epoch, sequence, stateRoot: filled(root), agreedTime }),
    signatures: [{ author: by as ReplicaIndex, signature }],
  });
}

function commit(digest: number, view = 1, epoch = 0): Uint8Array {
  const place = { epoch: epoch as Epoch, view: view as View, sequence: 7 as Sequence };
  return certificateCodec.encode({ ...place, digest: filled(digest), votes: [] });
}

function name(kind: EvidenceKind, ...proofs: Uint8Array[]): string | undefined {
  const id = contradictionId(nodeCrypto.hash, kind, proofs);
  return id && toHex(id);
}

describe("the name of a contradiction", () => {
  const first = name(EVIDENCE_CERTIFIED, statement(1), statement(2));

  it("is the same in whichever order it came, and whoever signed its sides", () => {
    expect(name(EVIDENCE_CERTIFIED, statement(2, 3), statement(1, 2))).toBe(first);
  });

  it("is another for another content, place or kind", () => {
    const names = [
      first,
      name(EVIDENCE_CERTIFIED, statement(1), statement(3)),
      name(EVIDENCE_COMMITTED, commit(1), commit(2)),
      name(EVIDENCE_COMMITTED, commit(1), commit(2, 2)),
      name(EVIDENCE_COMMITTED, commit(1, 1, 1), commit(2, 1, 1)),
      name(EVIDENCE_PREPARED, commit(1), commit(2)),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it("is none for what cannot be read", () => {
    expect(name(EVIDENCE_CERTIFIED, statement(1), Uint8Array.of(1))).toBeUndefined();
    expect(name(EVIDENCE_COMMITTED, Uint8Array.of(1), commit(1))).toBeUndefined();
  });
});
