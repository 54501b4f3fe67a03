import { rowHash } from "../../consensus/map/node-hash.ts";
import { POLICY_BITS, POLICY_START } from "../../consensus/map/policy-subtree.ts";
import { namespaceStateKey, writerStateKey } from "../../consensus/map/state-keys.ts";
import { isWholeSubtree } from "../../consensus/map/whole-subtree.ts";
import type { PolicyAnswer } from "../../consensus/wire/connection.ts";
import { namespaceRowCodec, writerRowCodec } from "../../consensus/wire/rows.ts";
import type { NamespaceRow, WriterRow } from "../../consensus/wire/rows.ts";
import type { ClientParts } from "../client-parts.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import { policyQuestion } from "../link/questions.ts";
import type { PolicyResult } from "../types.ts";
import { freshRootOf } from "./fresh-root.ts";

export interface PolicyAsked {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The whole policy under one fresh root: what a replica leaves out makes its answer a lie. */
export function readPolicy(
  parts: ClientParts,
  freshnessMsMax: number,
  { deadlineMs, signal }: PolicyAsked,
): Promise<PolicyResult> {
  return askHedged(parts.fleet, parts.sweep, {
    what: "the policy",
    deadlineMs,
    signal,
    question: policyQuestion,
    judge: (answer) => judge(parts, freshnessMsMax, answer),
  });
}

function judge(
  parts: ClientParts,
  freshnessMsMax: number,
  answer: PolicyAnswer,
): Judgement<PolicyResult> {
  const { proof } = answer;
  if (proof === undefined || answer.certificate === undefined) return { type: "declined" };
  const fresh = freshRootOf(parts, freshnessMsMax, answer);
  if (fresh.type !== "fresh") return fresh;
  const { hash } = parts.platform.crypto;
  const { sequence, stateRoot } = fresh.root;
  const rows = answer.rows.map((bytes) => decoded(hash, bytes));
  const known = rows.filter((row) => row !== undefined);
  if (known.length < rows.length) return { type: "lie", reason: "garbage" };
  const leaves = known.map(({ key, bytes }) => ({ key, rowHash: rowHash(hash, bytes) }));
  const policy = { prefix: POLICY_START, bitCount: POLICY_BITS };
  if (!isWholeSubtree(hash, stateRoot, policy, leaves, proof)) {
    return { type: "lie", reason: "forged-proof" };
  }
  parts.floor.noteServed(sequence);
  const writers = known.map(({ writer }) => writer).filter((row) => row !== undefined);
  const namespaces = known.map(({ namespace }) => namespace).filter((row) => row !== undefined);
  return { type: "accepted", value: { sequence, writers, namespaces } };
}

interface PolicyRow {
  readonly bytes: Uint8Array;
  readonly key: Uint8Array;
  readonly writer: WriterRow | undefined;
  readonly namespace: NamespaceRow | undefined;
}

/** After the first field a writer's row has text and a namespace's a number: no bytes are both. */
function decoded(
  hash: ClientParts["platform"]["crypto"]["hash"],
  bytes: Uint8Array,
): PolicyRow | undefined {
  const namespace = namespaceRowCodec.tryDecode(bytes);
  if (namespace !== undefined && namespace.namespace !== "") {
    const key = namespaceStateKey(hash, namespace.namespace);
    return { bytes, key, writer: undefined, namespace };
  }
  const writer = writerRowCodec.tryDecode(bytes);
  if (writer === undefined) return undefined;
  return { bytes, key: writerStateKey(writer.writer), writer, namespace: undefined };
}
