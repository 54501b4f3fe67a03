import type { Sequence } from "../../base/types.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { listAnswerCodec, listCodec } from "../../consensus/wire/connection.ts";
import type { List, ListAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

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
  const rows: Uint8Array[] = [];
  const proofs: MapProof[] = [];
  for (const { row } of listing.rows) {
    const { key } = entryRowCodec.decode(row);
    const proof = services.state.proofAt(sequence, entryStateKey(services.hash, namespace, key));
    if (proof === undefined) continue;
    rows.push(row);
    proofs.push(proof);
  }
  return {
    id: list.id,
    sequence,
    rows,
    more: listing.more,
    proofs,
    certificate: root.certificate,
  };
}
