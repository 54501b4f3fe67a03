import { equalBytes } from "../../base/bytes.ts";
import { HLC_MAX, hlcMax } from "../../base/hlc.ts";
import type { Hash, Hlc } from "../../base/types.ts";
import { isExpired } from "../../consensus/expiry.ts";
import { entryStateKey, metaStateKey } from "../../consensus/map/state-keys.ts";
import { encodeReceipt } from "../../consensus/receipt/receipt-bytes.ts";
import { PAST_ANSWERED, PAST_OUTSIDE } from "../../consensus/wire/past.ts";
import type { ReadPastAnswer } from "../../consensus/wire/past.ts";
import { RECEIPT_FORMAT } from "../../consensus/wire/receipt.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import { ENTRY_CONFIRMED, entryRowCodec, metaRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow, MetaRow } from "../../consensus/wire/rows.ts";
import type { ClientParts } from "../client-parts.ts";
import { historyOutside } from "../errors.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import type { ProvenRoot } from "../link/known-roots.ts";
import { readPastQuestion } from "../link/questions.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import { lieOfRow } from "./proven-row.ts";

export interface PastRequest {
  readonly at: Hlc;
  /** Empty: the state itself. */
  readonly namespace: string;
  readonly key: Hash;
  readonly wantValue: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What was so at a time, proven. */
interface Past {
  readonly root: ProvenRoot;
  /** From this time on another statement holds; undefined: it was the newest. */
  readonly until: Hlc | undefined;
  readonly proof: MapProof;
  readonly rowBytes: Uint8Array;
}

export interface PastEntry extends Past {
  readonly row: EntryRow | undefined;
  /** Confirmed, and not past its end at the time that was asked for. */
  readonly served: boolean;
  readonly value: Uint8Array | undefined;
  readonly receipt: () => Uint8Array;
}

export interface PastState extends Past {
  readonly meta: MetaRow;
}

/**
 * One entry as it was. Two certificates show that the root was that of the time: it was certified
 * for a time up to it, and the next sequence for a later one.
 *
 * @throws QuorateError HISTORY_OUTSIDE, CLUSTER_UNREACHABLE, NO_VALID_ANSWER, ABORTED
 */
export function readPastEntry(parts: ClientParts, request: PastRequest): Promise<PastEntry> {
  const { namespace, key, at } = request;
  const { hash } = parts.platform.crypto;
  const place = entryStateKey(hash, namespace, key);
  return ask(parts, request, place, (past, answer) => {
    if (past.rowBytes.length === 0) {
      const receipt = receiptOf(parts, request, past);
      return { ...past, row: undefined, served: false, value: undefined, receipt };
    }
    const row = entryRowCodec.tryDecode(past.rowBytes);
    if (row === undefined || row.namespace !== namespace || !equalBytes(row.key, key)) {
      return undefined;
    }
    const isRight =
      answer.value.length === row.size && equalBytes(hash(answer.value), row.valueDigest);
    if (answer.hasValue && !isRight) return undefined;
    const served = row.state === ENTRY_CONFIRMED && !isExpired(row.expiry, at);
    const value = answer.hasValue ? answer.value : undefined;
    return { ...past, row, served, value, receipt: receiptOf(parts, request, past) };
  });
}

/** The state itself as it was: its root, and what its meta row says. */
export function readPastState(
  parts: ClientParts,
  request: Omit<PastRequest, "namespace" | "key" | "wantValue">,
): Promise<PastState> {
  const key = parts.platform.crypto.hash(new Uint8Array(0));
  const whole = { ...request, namespace: "", key, wantValue: false };
  return ask(parts, whole, metaStateKey(), (past) => {
    const meta = metaRowCodec.tryDecode(past.rowBytes);
    return meta === undefined ? undefined : { ...past, meta };
  });
}

/** @param read Undefined: what the answer holds is not what its place must hold. */
async function ask<T>(
  parts: ClientParts,
  request: PastRequest,
  place: Uint8Array,
  read: (past: Past, answer: ReadPastAnswer) => T | undefined,
): Promise<T> {
  const { at, namespace, key, wantValue, deadlineMs, signal } = request;
  const outside = new Map<ReplicaLink, Hlc>();
  const { members, faultyMax } = parts.committee;
  const found = await askHedged<ReadPastAnswer, { readonly value: T } | "outside">(
    parts.fleet,
    parts.sweep,
    {
      what: "a read of an earlier time",
      deadlineMs,
      signal,
      question: () => readPastQuestion({ at, namespace, key, wantValue }),
      judge: (answer, link) => {
        if (answer.status === PAST_OUTSIDE) {
          outside.set(link, answer.oldest);
          // All that need be alive said so: whoever else has it may be silent for ever.
          if (outside.size < members.length - faultyMax) return { type: "declined" };
          return { type: "accepted", value: "outside" };
        }
        const past = judge(parts, request, place, answer);
        if (past.type !== "accepted") return past;
        const value = read(past.value, answer);
        if (value === undefined) return { type: "lie", reason: "wrong-row" };
        return { type: "accepted", value: { value } };
      },
    },
  );
  if (found !== "outside") return found.value;
  const told = [...outside.values()].reduce(
    (left, right) => (left < right ? left : right),
    HLC_MAX,
  );
  throw historyOutside(at, told);
}

function judge(
  parts: ClientParts,
  { at }: PastRequest,
  place: Uint8Array,
  answer: ReadPastAnswer,
): Judgement<Past> {
  const { certificate, proof } = answer;
  if (answer.status !== PAST_ANSWERED) return { type: "declined" };
  const root = certificate === undefined ? undefined : parts.roots.prove(certificate);
  if (root === undefined || proof === undefined)
    return { type: "lie", reason: "forged-certificate" };
  if (root.agreedTime > at) return { type: "lie", reason: "stale-root" };
  let until: Hlc | undefined;
  if (answer.next !== undefined) {
    const next = parts.roots.prove(answer.next);
    if (next === undefined) return { type: "lie", reason: "forged-certificate" };
    if (next.sequence !== root.sequence + 1) return { type: "lie", reason: "stale-root" };
    if (next.agreedTime <= at) return { type: "lie", reason: "stale-root" };
    until = next.agreedTime;
  } else if (!isNewestAt(parts, root, at)) {
    return { type: "declined" };
  }
  const lie = lieOfRow(parts.platform.crypto, root, place, { row: answer.row, proof });
  if (lie !== undefined) return { type: "lie", reason: lie };
  return { type: "accepted", value: { root, until, proof, rowBytes: answer.row } };
}

/**
 * Without a next one: Q heartbeats must show that nothing was certified between it and the time.
 * What was under way then may still get a time before it: only a next statement settles a moment.
 */
function isNewestAt(parts: ClientParts, root: ProvenRoot, at: Hlc): boolean {
  parts.follower.adopt(root);
  if (parts.follower.freshOf(root).time >= at) return true;
  parts.follower.refresh();
  return parts.follower.freshOf(root).time >= at;
}

/** Its time is that of the statement, or of heartbeats, but never later than what was asked for. */
function receiptOf(parts: ClientParts, request: PastRequest, past: Past): () => Uint8Array {
  const { epochs, platform, follower } = parts;
  return () => {
    const fresh = follower.freshOf(past.root);
    const isEarly = past.until === undefined && hlcMax(fresh.time, request.at) === request.at;
    return encodeReceipt(platform.crypto.hash, {
      format: RECEIPT_FORMAT,
      clusterId: epochs.newest.clusterId,
      namespace: request.namespace,
      key: request.key,
      proof: past.proof,
      row: past.rowBytes,
      certificate: past.root.certificate,
      heartbeats: isEarly ? fresh.heartbeats : [],
      links: epochs.linksUpTo(past.root.certificate),
    });
  };
}
