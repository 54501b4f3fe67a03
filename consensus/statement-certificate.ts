import type { Epoch } from "../base/types.ts";
import { memberKey, quorumOf } from "./committee.ts";
import type { Committee } from "./committee.ts";
import type { Crypto } from "./crypto.ts";
import { DOMAIN, signingBytes } from "./signing.ts";
import { statementCodec } from "./wire/certificate.ts";
import type { Statement, StatementCertificate } from "./wire/certificate.ts";

/**
 * The statement that a certificate proves under this committee, or undefined. It has exactly Q
 * signatures of ascending authors: not more, so that no byte of a certificate is without meaning,
 * and each is verified.
 */
export function provenStatement(
  crypto: Crypto,
  committee: Committee,
  certificate: StatementCertificate,
): Statement | undefined {
  const statement = statementCodec.tryDecode(certificate.statement);
  if (statement === undefined || statement.epoch !== committee.epoch) return undefined;
  if (certificate.signatures.length !== quorumOf(committee)) return undefined;
  let previous = -1;
  for (const { author } of certificate.signatures) {
    if (author <= previous || author >= committee.members.length) return undefined;
    previous = author;
  }
  const bytes = statementSigningBytes(committee, statement.epoch, certificate.statement);
  for (const { author, signature } of certificate.signatures) {
    const key = memberKey(committee, author);
    if (key === undefined || !crypto.verify(key, bytes, signature)) return undefined;
  }
  return statement;
}

function statementSigningBytes(committee: Committee, epoch: Epoch, body: Uint8Array): Uint8Array {
  return signingBytes(DOMAIN.statement, committee.clusterId, epoch, body);
}
