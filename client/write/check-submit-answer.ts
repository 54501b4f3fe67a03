import { equalBytes } from "../../base/bytes.ts";
import type { Hlc, Sequence } from "../../base/types.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { OUTCOME_ACCEPTED } from "../../consensus/execution/outcomes.ts";
import { sessionStateKey } from "../../consensus/map/state-keys.ts";
import type { SubmitAnswer } from "../../consensus/wire/connection.ts";
import { sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { Lie } from "../link/health-notes.ts";
import type { KnownRoots, ProvenRoot } from "../link/known-roots.ts";
import { lieOfRow } from "../read/proven-row.ts";
import type { OutgoingSet } from "./signed-set.ts";

/** A write set that is proven executed. */
export interface Execution {
  /** Where it was executed. */
  readonly sequence: Sequence;
  readonly root: ProvenRoot;
  readonly time: Hlc;
  readonly outcomeOf: (index: number) => number;
  readonly answer: SubmitAnswer;
}

/** One proof for the whole set: its counter stands in the session's row under a certified root. */
export function checkExecuted(
  parts: { readonly crypto: Crypto; readonly roots: KnownRoots },
  set: OutgoingSet,
  answer: SubmitAnswer,
): Execution | Lie {
  if (answer.certificate === undefined) return "forged-certificate";
  const root = parts.roots.prove(answer.certificate);
  if (root === undefined) return "forged-certificate";
  if (answer.sessionRow.length === 0) return "forged-execution";
  const { writer, session, counter } = set.header;
  const place = sessionStateKey(parts.crypto.hash, writer, session);
  const claim = { row: answer.sessionRow, proof: answer.proof };
  const lie = lieOfRow(parts.crypto, root, place, claim);
  if (lie !== undefined) return lie;
  const row = sessionRowCodec.tryDecode(answer.sessionRow);
  const executed = row?.executed.find((one) => one.counter === counter);
  if (executed === undefined || !equalBytes(executed.digest, set.digest)) return "forged-execution";
  const outcomes = new Map(executed.outcomes.map(({ index, code }) => [index, code]));
  return {
    sequence: executed.sequence,
    root,
    time: root.agreedTime,
    outcomeOf: (index) => outcomes.get(index) ?? OUTCOME_ACCEPTED,
    answer,
  };
}
