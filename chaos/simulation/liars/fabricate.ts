import type { ReplicaIndex, Sequence, Signature } from "../../../base/types.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import { leafHash, rowHash } from "../../../consensus/map/node-hash.ts";
import {
  SIGNED_STATEMENT,
  signedCodec,
  statementCodec,
} from "../../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { READ_ANSWERED, readAnswerCodec } from "../../../consensus/wire/connection.ts";
import { entryRowCodec } from "../../../consensus/wire/rows.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { hlcNext } from "../../../base/hlc.ts";
import { trueHlc } from "../world/simulated-clock.ts";
import type { Liar, Strategy } from "./liar.ts";

/**
 * A whole state of its own making, with one entry in it and a certificate to match: its own
 * signature once, or as often as a quorum, or nobody's.
 */
export const fabricate: Strategy = {
  name: "fabricate",
  answer(kind, body, liar) {
    if (kind !== FRAME.readAnswer || !liar.prng.chance(0.6)) return body;
    const answer = readAnswerCodec.tryDecode(body);
    if (answer?.status !== READ_ANSWERED || answer.proof === undefined) return body;
    const { leafKey } = answer.proof;
    if (leafKey === undefined) return body;
    // Of another key its absence follows, of this one a row that is not its own.
    const row = otherRow(answer.row, liar);
    const leafRowHash = rowHash(liar.hash, row);
    const stateRoot = leafHash(liar.hash, leafKey, leafRowHash);
    const sequence = (answer.sequence + 1 + liar.prng.below(3)) as Sequence;
    return readAnswerCodec.encode({
      ...answer,
      sequence,
      row: answer.row.length > 0 ? row : answer.row,
      hasValue: false,
      value: new Uint8Array(0),
      proof: { leafKey, leafRowHash, steps: [] },
      certificate: certify(liar, sequence, stateRoot),
    });
  },
};

/** The entry with bytes that nobody put; for an absence anything at all. */
function otherRow(row: Uint8Array, liar: Liar): Uint8Array {
  const entry = row.length === 0 ? undefined : entryRowCodec.tryDecode(row);
  if (entry === undefined) return liar.prng.bytes(40);
  const valueDigest = liar.hash(entry.valueDigest);
  return entryRowCodec.encode({ ...entry, valueDigest, semanticDigest: valueDigest });
}

function certify(
  liar: Liar,
  sequence: Sequence,
  stateRoot: ReturnType<Liar["hash"]>,
): StatementCertificate {
  const { committee } = liar;
  const { world } = liar.surroundings;
  const agreedTime = hlcNext(trueHlc(world));
  const statement = statementCodec.encode({
    epoch: committee.epoch,
    sequence,
    stateRoot,
    agreedTime,
  });
  const own = signedCodec.decode(liar.signed(SIGNED_STATEMENT, statement));
  const mine = { author: liar.index, signature: own.signature };
  const quorum = quorumOf(committee);
  switch (liar.prng.below(3)) {
    case 0:
      return { statement, signatures: [mine] };
    case 1:
      return { statement, signatures: Array.from({ length: quorum }, () => mine) };
    default: {
      const signatures = Array.from({ length: quorum }, (_, author) => ({
        author: author as ReplicaIndex,
        signature: liar.prng.bytes(64) as Signature,
      }));
      return { statement, signatures };
    }
  }
}
