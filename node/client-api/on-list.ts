import type { Sequence } from "../../base/types.ts";
import { listAnswerCodec, listCodec } from "../../consensus/wire/connection.ts";
import type { List, ListAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";
import { provenRows } from "./proven-rows.ts";

/** Entries by name, each with its own proof. That none was left out is not proven. */
export function onList(services: ClientServices, client: ClientConnection, body: Uint8Array): void {
  const list = listCodec.tryDecode(body);
  if (list === undefined) {
    client.cut("list-malformed");
    return;
  }
  services.figures.reads.add("listed");
  client.send(FRAME.listAnswer, listAnswerCodec.encode(answerList(services, list)));
}

function answerList(services: ClientServices, list: List): ListAnswer {
  const root = services.roots.newest;
  const nothing = { id: list.id, sequence: 0 as Sequence, rows: [], more: false, proofs: [] };
  if (root === undefined) return { ...nothing, certificate: undefined };
  const { sequence } = root.statement;
  const { namespace, prefix, after, limit } = list;
  const listing = services.state.list({ sequence, namespace, prefix, after, limit });
  const proven = provenRows(services, sequence, listing);
  return { id: list.id, sequence, ...proven, more: listing.more, certificate: root.certificate };
}
