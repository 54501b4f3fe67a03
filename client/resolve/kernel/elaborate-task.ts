import { concatBytes } from "../../../base/bytes.ts";
import type { Budget } from "../../../proof/frame/budget.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import { exhaust, judged, reject } from "../../../proof/frame/stop.ts";
import type { CanonicalFormula } from "../../../proof/cnf/canonical/canonical-cnf.ts";
import { decodePayload } from "../../../proof/cnf/canonical/payload.ts";
import { CNF_BUDGET } from "../../../proof/cnf/cnf-1.ts";
import { VariableMap } from "../../../proof/cnf/dimacs/variable-map.ts";
import { BinaryClausalReader } from "../../../proof/cnf/elaborate/binary-clausal-reader.ts";
import { ClausalElaboration } from "../../../proof/cnf/elaborate/clausal-elaboration.ts";
import type { ClausalReader } from "../../../proof/cnf/elaborate/clausal-reader.ts";
import { TextClausalReader } from "../../../proof/cnf/elaborate/text-clausal-reader.ts";
import { encodeModel, REFUTATION } from "../../../proof/cnf/proof-bytes.ts";
import { FORMAT_HEAD_SIZE, guessProofFormat } from "../../../proof/cnf/proof-format.ts";
import type { CnfProofFormat } from "../../../proof/cnf/proof-format.ts";
import { readSolverOutput } from "../../../proof/cnf/solver-output.ts";
import { readHead, readInPieces } from "../../proof/read-in-pieces.ts";
import { ELABORATION_BYTES_MAX, RECORD_BYTES_MAX } from "../limits.ts";
import type { ProofAnswer, ResolveTask } from "./resolve-task.ts";

const BUDGET: Budget = { ...CNF_BUDGET, liveBytesMax: ELABORATION_BYTES_MAX };

/** A prover's proof of the canonical formula, in DRAT or FRAT, becomes one as it is stored. */
export function elaborateTask(task: Extract<ResolveTask, { ask: "elaborate" }>): ProofAnswer {
  const meter = new Meter(BUDGET);
  const result = judged(() => {
    const format = task.format ?? guessProofFormat(readHead(task.proofFile, FORMAT_HEAD_SIZE));
    const reader = clausalReader(format, meter);
    const elaboration = new ClausalElaboration({ ...asIs(task.payload, meter), meter }, reader);
    readInPieces(task.proofFile, (piece) => elaboration.push(piece));
    const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
    let size = 1;
    elaboration.finish((chunk) => {
      size += chunk.length;
      if (size > RECORD_BYTES_MAX) exhaust("bytes", RECORD_BYTES_MAX);
      chunks.push(chunk);
    });
    return concatBytes(...chunks);
  });
  return result.status === "accept" ? { status: "accept", proof: result.value } : result;
}

/** A prover's `v` lines about the canonical formula. */
export function modelTask(task: Extract<ResolveTask, { ask: "model" }>): ProofAnswer {
  const meter = new Meter(BUDGET);
  const result = judged(() => {
    const { variables } = asIs(task.payload, meter);
    return encodeModel(readSolverOutput(task.output, variables, meter));
  });
  return result.status === "accept" ? { status: "accept", proof: result.value } : result;
}

function clausalReader(format: CnfProofFormat, meter: Meter): ClausalReader {
  switch (format) {
    case "drat":
    case "frat":
      return new TextClausalReader(format, meter);
    case "drat-binary":
      return new BinaryClausalReader("drat", meter);
    case "frat-binary":
      return new BinaryClausalReader("frat", meter);
    default:
      return reject("proof-form-unknown", 0, format);
  }
}

/** The canonical formula as its own text: every variable and clause stands for itself. */
function asIs(
  payload: Uint8Array,
  meter: Meter,
): { readonly canonical: CanonicalFormula; readonly variables: VariableMap } {
  const { variableCount, literals, starts } = decodePayload(payload, meter);
  const count = (length: number): Int32Array =>
    Int32Array.from({ length }, (_, index) => index + 1);
  const canonical: CanonicalFormula = {
    payload,
    variableCount,
    renaming: { forward: count(variableCount) },
    strength: "exact",
    clauses: { literals, starts },
    clauseNumbers: count(starts.length - 1),
  };
  return { canonical, variables: new VariableMap(meter, count(variableCount)) };
}
