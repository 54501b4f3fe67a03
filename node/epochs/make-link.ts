import type { Epoch } from "../../base/types.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { State } from "../../consensus/execution/state.ts";
import { configurationStateKey } from "../../consensus/map/state-keys.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { linkCodec } from "../../consensus/wire/configuration.ts";

/**
 * L134: Q statements over the boundary, and the row under their root: the way on, encoded.
 * Undefined: the state has been moved on by a transfer, and holds the row no more. The others tell
 * the chain.
 */
export function makeLink(
  state: Pick<State, "rowAt" | "proofAt">,
  epochs: Pick<Epochs, "newest">,
  certificate: StatementCertificate,
): Uint8Array | undefined {
  const { sequence } = statementCodec.decode(certificate.statement);
  const key = configurationStateKey((epochs.newest.epoch + 1) as Epoch);
  const row = state.rowAt(sequence, key);
  const proof = state.proofAt(sequence, key);
  return row && proof && linkCodec.encode({ certificate, row, proof });
}
