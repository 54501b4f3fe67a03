import { EMPTY_BYTES } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { revocationHeadStateKey, revocationStateKey } from "../../consensus/map/state-keys.ts";
import { revocationTailAnswerCodec, revocationTailCodec } from "../../consensus/wire/connection.ts";
import type { RevocationTail, RevocationTailAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { revocationHeadCodec } from "../../consensus/wire/rows.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

/** The head of the revocation log with its proof, and records of the chain that leads to it. */
export function onRevocationTail(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const tail = revocationTailCodec.tryDecode(body);
  if (tail === undefined) {
    client.cut("revocation-tail-malformed");
    return;
  }
  const answer = answerTail(services, tail);
  client.send(FRAME.revocationTailAnswer, revocationTailAnswerCodec.encode(answer));
}

function answerTail(services: ClientServices, tail: RevocationTail): RevocationTailAnswer {
  const root = services.roots.newest;
  const sequence = root?.statement.sequence ?? (0 as Sequence);
  const headKey = revocationHeadStateKey();
  const proof = root === undefined ? undefined : services.state.proofAt(sequence, headKey);
  const answer = { id: tail.id, sequence, proof, certificate: root?.certificate };
  const head = services.state.rowAt(sequence, headKey);
  if (proof === undefined || head === undefined) {
    return { ...answer, head: EMPTY_BYTES, records: [] };
  }
  const { count } = revocationHeadCodec.decode(head);
  const records: Uint8Array[] = [];
  for (let index = tail.from; index < count && records.length < tail.limit; index++) {
    const record = services.state.rowAt(sequence, revocationStateKey(index));
    if (record === undefined) break;
    records.push(record);
  }
  return { ...answer, head, records };
}
