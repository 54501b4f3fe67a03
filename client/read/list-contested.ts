import { compareBytes } from "../../base/bytes.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import type { ListAnswer } from "../../consensus/wire/connection.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { ClientParts } from "../client-parts.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import { contestedQuestion } from "../link/questions.ts";
import type { ContestedResult } from "../types.ts";
import { freshRootOf } from "./fresh-root.ts";
import { lieOfRow } from "./proven-row.ts";

export interface ContestedRequest {
  readonly after: Uint8Array | undefined;
  readonly limit: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One page of entries on which operators differ, each proven under one fresh root. */
export function listContested(
  parts: ClientParts,
  freshnessMsMax: number,
  request: ContestedRequest,
): Promise<ContestedResult> {
  const { after, limit, deadlineMs, signal } = request;
  return askHedged(parts.fleet, parts.sweep, {
    what: "a list of contested entries",
    deadlineMs,
    signal,
    question: () => contestedQuestion({ after, limit }),
    judge: (answer) => judge(parts, freshnessMsMax, request, answer),
  });
}

const WRONG_ROW: Judgement<never> = { type: "lie", reason: "wrong-row" };

function judge(
  parts: ClientParts,
  freshnessMsMax: number,
  request: ContestedRequest,
  answer: ListAnswer,
): Judgement<ContestedResult> {
  if (answer.certificate === undefined) return { type: "declined" };
  const fresh = freshRootOf(parts, freshnessMsMax, answer);
  if (fresh.type !== "fresh") return fresh;
  const endless = answer.more && answer.rows.length === 0;
  const misfit = answer.rows.length !== answer.proofs.length || answer.rows.length > request.limit;
  if (endless || misfit) return { type: "lie", reason: "garbage" };
  const entries: EntryRow[] = [];
  let previous = request.after;
  for (const [index, bytes] of answer.rows.entries()) {
    const row = entryRowCodec.tryDecode(bytes);
    if (row === undefined) return WRONG_ROW;
    const place = entryStateKey(parts.platform.crypto.hash, row.namespace, row.key);
    const claim = { row: bytes, proof: answer.proofs[index] };
    const lie = lieOfRow(parts.platform.crypto, fresh.root, place, claim);
    if (lie !== undefined) return { type: "lie", reason: lie };
    if (previous !== undefined && compareBytes(place, previous) <= 0) return WRONG_ROW;
    previous = place;
    entries.push(row);
  }
  parts.floor.noteServed(fresh.root.sequence);
  const next = answer.more ? previous : undefined;
  return { type: "accepted", value: { sequence: fresh.root.sequence, entries, next } };
}
