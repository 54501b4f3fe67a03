import { EMPTY_BYTES } from "../../base/bytes.ts";
import { judged, reject } from "../frame/stop.ts";
import type { Budget } from "../frame/budget.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import type { ProofKind } from "../frame/proof-kind.ts";
import type { Canonical, Renaming } from "../frame/renaming.ts";
import { canonicalNumbering, renumber } from "./canonical-statement.ts";
import { checkProof, judgePayload } from "./check-proof.ts";
import { METAMATH_1, readDatabase } from "./database.ts";
import { encodePayload } from "./payload.ts";
import { REASONS } from "./reasons.ts";
import type { Statement, Tokens } from "./statement.ts";

/** Of one stored proof: far above what set.mm holds, far below what hurts. */
export const PROOF_BUDGET: Budget = {
  stepsMax: 2 ** 26,
  bytesMax: 2 ** 24,
  liveBytesMax: 2 ** 27,
};

/** Of a whole database with all its proofs; set.mm takes a twentieth of the steps. */
export const DATABASE_BUDGET: Budget = {
  stepsMax: 2 ** 32,
  bytesMax: 2 ** 28,
  liveBytesMax: 5 * 2 ** 25,
};

/** One assertion of a database, with the asker's own variables. */
export interface MetamathQuestion {
  readonly statement: Statement;
  readonly tokens: Tokens;
}

export const metamath1: ProofKind<MetamathQuestion> = {
  id: METAMATH_1,
  checkerVersion: 1,
  budget: PROOF_BUDGET,
  schema: {
    text: "a Metamath database and the label of an axiom or theorem in it",
    payload:
      "flag, typecodes, conclusion, essential hypotheses, distinct pairs (proof/metamath/payload.ts)",
    proof: "dummies, citations by key, steps (proof/metamath/proof-object.ts)",
    reasons: REASONS,
  },
  parse: parseQuestion,
  canonical: canonicalQuestion,
  rename: renameQuestion,
  judgePayload,
  check: checkProof,
};

function parseQuestion(
  text: Uint8Array,
  budget: Budget,
  label?: string,
): CheckResult<MetamathQuestion> {
  const { result } = readDatabase(text, budget, { onRefused: () => undefined });
  if (result.status !== "accept") return result;
  const database = result.value;
  return judged(() => {
    const assertion = label === undefined ? undefined : database.find(label);
    if (assertion === undefined) return reject("label-unknown", text.length, label);
    return { statement: database.statementOf(assertion), tokens: database.parts.tokens };
  });
}

function canonicalQuestion(
  { statement, tokens }: MetamathQuestion,
  budget: Budget,
): CheckResult<Canonical> {
  return judged(() => {
    const meter = new Meter(budget);
    const { numbers, count, strength } = canonicalNumbering(statement, tokens, meter);
    const renaming: Renaming = { forward: numbers.map((number) => number + 1) };
    const payload = payloadOf(renumber(statement, numbers), tokens);
    return { payload, variableCount: count, renaming, strength };
  });
}

/** Empty, and so equal to no payload, when it drops or negates a variable that occurs. */
function renameQuestion({ statement, tokens }: MetamathQuestion, renaming: Renaming): Uint8Array {
  const { forward } = renaming;
  const expressions = [statement.conclusion, ...statement.essentials];
  const lost = (symbol: number): boolean => symbol < 0 && !(forward[~symbol]! > 0);
  if (expressions.some((symbols) => symbols.some(lost))) return EMPTY_BYTES;
  const numbers = Int32Array.from(forward, (image) => image - 1);
  return payloadOf(renumber(statement, numbers), tokens);
}

function payloadOf(statement: Statement, tokens: Tokens): Uint8Array {
  const writer = new ByteWriter();
  encodePayload(statement, tokens, writer);
  return writer.finish();
}
