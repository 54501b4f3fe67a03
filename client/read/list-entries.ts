import { compareBytes, utf8 } from "../../base/bytes.ts";
import { isExpired } from "../../consensus/expiry.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import type { ListAnswer } from "../../consensus/wire/connection.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { ClientParts } from "../client-parts.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import { listQuestion } from "../link/questions.ts";
import type { ListResult } from "../types.ts";
import { freshRootOf } from "./fresh-root.ts";
import { lieOfRow } from "./proven-row.ts";

export interface ListRequest {
  readonly namespace: string;
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One page of served entries by name, each proven under one fresh root. */
export function listEntries(
  parts: ClientParts,
  freshnessMsMax: number,
  request: ListRequest,
): Promise<ListResult> {
  const { namespace, prefix, after, limit } = request;
  return askHedged(parts.fleet, parts.sweep, {
    what: `a list of ${namespace}`,
    deadlineMs: request.deadlineMs,
    signal: request.signal,
    question: () => listQuestion({ namespace, prefix, after, limit }),
    judge: (answer) => judge(parts, freshnessMsMax, request, answer),
  });
}

function judge(
  parts: ClientParts,
  freshnessMsMax: number,
  request: ListRequest,
  answer: ListAnswer,
): Judgement<ListResult> {
  if (answer.certificate === undefined && answer.rows.length === 0 && answer.sequence === 0) {
    return { type: "declined" };
  }
  const fresh = freshRootOf(parts, freshnessMsMax, answer);
  if (fresh.type !== "fresh") return fresh;
  const { root, time } = fresh;
  // More, and nothing to go on from: the list would end here although it does not.
  const endless = answer.more && answer.rows.length === 0;
  const misfit = answer.rows.length !== answer.proofs.length || answer.rows.length > request.limit;
  if (endless || misfit) return { type: "lie", reason: "garbage" };
  const entries: EntryRow[] = [];
  for (const [index, bytes] of answer.rows.entries()) {
    const row = entryRowCodec.tryDecode(bytes);
    if (row === undefined || row.namespace !== request.namespace) return WRONG_ROW;
    const place = entryStateKey(parts.platform.crypto.hash, row.namespace, row.key);
    const claim = { row: bytes, proof: answer.proofs[index] };
    const lie = lieOfRow(parts.platform.crypto, root, place, claim);
    if (lie !== undefined) return { type: "lie", reason: lie };
    const previous = entries.at(-1)?.name ?? request.after;
    if (!row.name.startsWith(request.prefix) || !isAfter(row.name, previous)) return WRONG_ROW;
    entries.push(row);
  }
  const next = answer.more ? entries.at(-1)?.name : undefined;
  const served = entries.filter(
    ({ state, expiry }) => state === ENTRY_CONFIRMED && !isExpired(expiry, time),
  );
  parts.floor.noteServed(root.sequence);
  return { type: "accepted", value: { sequence: root.sequence, entries: served, next } };
}

const WRONG_ROW: Judgement<never> = { type: "lie", reason: "wrong-row" };

function isAfter(name: string, previous: string): boolean {
  return previous === "" || compareBytes(utf8(name), utf8(previous)) > 0;
}
