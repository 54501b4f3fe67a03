import { EMPTY_BYTES } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { listAnswerCodec, listContestedCodec } from "../../consensus/wire/connection.ts";
import type { ListAnswer, ListContested } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";
import { provenRows } from "./proven-rows.ts";

/** Entries on which operators differ, each with its own proof. */
export function onContested(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const list = listContestedCodec.tryDecode(body);
  if (list === undefined) {
    client.cut("contested-malformed");
    return;
  }
  services.figures.reads.add("contested");
  client.send(FRAME.contestedAnswer, listAnswerCodec.encode(answerContested(services, list)));
}

function answerContested(services: ClientServices, list: ListContested): ListAnswer {
  const { id, after, limit } = list;
  const root = services.roots.newest;
  if (root === undefined) {
    const sequence = 0 as Sequence;
    return { id, sequence, rows: [], more: false, proofs: [], certificate: undefined };
  }
  const { sequence } = root.statement;
  const listing = services.state.contested(sequence, after ?? EMPTY_BYTES, limit);
  const proven = provenRows(services, sequence, listing);
  return { id, sequence, ...proven, more: listing.more, certificate: root.certificate };
}
