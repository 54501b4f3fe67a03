import type { Sequence } from "../../base/types.ts";
import type { Listing } from "../../consensus/execution/list-rows.ts";
import type { ListAnswer } from "../../consensus/wire/connection.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import type { ClientServices } from "./client-services.ts";

/** The rows of a page, each with its path to the root of this sequence. */
export function provenRows(
  services: ClientServices,
  sequence: Sequence,
  listing: Listing,
): Pick<ListAnswer, "rows" | "proofs"> {
  const rows: Uint8Array[] = [];
  const proofs: MapProof[] = [];
  for (const { key, row } of listing.rows) {
    const proof = services.state.proofAt(sequence, key);
    if (proof === undefined) continue;
    rows.push(row);
    proofs.push(proof);
  }
  return { rows, proofs };
}
