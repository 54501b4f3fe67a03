import { concatBytes } from "../../../base/bytes.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import { exhaust, judged } from "../../../proof/frame/stop.ts";
import { decodePayload } from "../../../proof/cnf/canonical/payload.ts";
import { CNF_BUDGET } from "../../../proof/cnf/cnf-1.ts";
import { encodeModel, REFUTATION } from "../../../proof/cnf/proof-bytes.ts";
import { solveCnf } from "../../../proof/cnf/solver/cdcl-solver.ts";
import { RECORD_BYTES_MAX } from "../limits.ts";
import type { ProofAnswer } from "./resolve-task.ts";

/**
 * Unit propagation and, where that decides nothing, a bounded search: the same answer for the same
 * formula and fuel on every machine.
 */
export function solvePayload(payload: Uint8Array, fuelMax: number): ProofAnswer {
  const meter = new Meter(CNF_BUDGET);
  const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
  let size = 1;
  const sink = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > RECORD_BYTES_MAX) exhaust("bytes", RECORD_BYTES_MAX);
    chunks.push(chunk);
  };
  const result = judged(() => solveCnf(decodePayload(payload, meter), { fuelMax, sink }, meter));
  if (result.status !== "accept") return result;
  const { value } = result;
  if (value.verdict === "unknown") return { status: "accept", proof: undefined };
  const proof = value.verdict === "sat" ? encodeModel(value.model) : concatBytes(...chunks);
  return { status: "accept", proof };
}
