import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { equalBytes, toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { verifyReceipt } from "../../consensus/receipt/verify-receipt.ts";
import type { ReceiptVerdict } from "../../consensus/receipt/verify-receipt.ts";
import { entryJson } from "../../client/gateway/api/entry-json.ts";
import type { EntryJson } from "../../client/gateway/api/entry-json.ts";
import { readGenesisFile } from "../read-genesis.ts";

export interface VerifyQuestion {
  /** cluster.json. */
  readonly cluster: string;
  readonly receipt: string;
  readonly value?: string;
  readonly namespace?: string;
  readonly key?: string;
}

export type Judgement =
  | { readonly valid: false; readonly code: string; readonly reason: string }
  | {
      readonly valid: true;
      readonly kind: "presence" | "absence";
      /** Why it is not served; null for a presence. */
      readonly absence: string | null;
      readonly namespace: string;
      /** Its name where the entry has one, else hex. */
      readonly key: string;
      /** ISO 8601: what was so at this time. */
      readonly time: string;
      readonly hlc: string;
      readonly sequence: number;
      readonly epoch: number;
      readonly entry: EntryJson | null;
    };

/** A path of the largest trie, a full row and the signatures of the largest committee. */
const RECEIPT_BYTES_MAX = 1024 * 1024;

/**
 * Judges a receipt by nothing but the public file, and the value by the receipt. Values are hashed
 * as they are read, however large.
 * @throws QuorateError FILE_UNREADABLE, CLUSTER_FILE_UNREADABLE, GENESIS_INVALID
 */
export async function judgeReceipt(question: VerifyQuestion): Promise<Judgement> {
  const { genesis } = readGenesisFile(question.cluster);
  const bytes = await readReceipt(question.receipt);
  const verdict = verifyReceipt(nodeCrypto, genesis, bytes);
  if (!verdict.valid) return verdict;
  const other = otherQuestion(verdict, question);
  if (other !== undefined) return refused("RECEIPT_OTHER_KEY", other);
  if (question.value !== undefined) {
    const refusal = await judgeValue(verdict, question.value);
    if (refusal) return refusal;
  }
  const { entry } = verdict;
  return {
    valid: true,
    kind: verdict.kind,
    absence: verdict.kind === "absence" ? verdict.absence : null,
    namespace: verdict.namespace,
    key: question.key ?? (entry?.name || toHex(verdict.key)),
    time: new Date(hlcMs(verdict.time)).toISOString(),
    hlc: verdict.time.toString(),
    sequence: verdict.sequence,
    epoch: verdict.epoch,
    entry: entry === undefined ? null : entryJson(entry, undefined),
  };
}

/** A valid receipt for another key answers nothing that was asked. */
function otherQuestion(
  verdict: ReceiptVerdict & { readonly valid: true },
  { namespace, key }: VerifyQuestion,
): string | undefined {
  if (namespace !== undefined && namespace !== verdict.namespace) {
    return `it answers for the namespace ${verdict.namespace}`;
  }
  if (key !== undefined && !equalBytes(keyOfName(nodeCrypto.hash, key), verdict.key)) {
    return `it answers for another key, ${toHex(verdict.key)}`;
  }
  return undefined;
}

async function judgeValue(
  verdict: ReceiptVerdict & { readonly valid: true },
  file: string,
): Promise<Judgement | undefined> {
  if (verdict.kind === "absence") {
    return refused("RECEIPT_VALUE_UNEXPECTED", "it proves an absence, so no value belongs to it");
  }
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (equalBytes(hash.digest(), verdict.entry.valueDigest)) return undefined;
  return refused("RECEIPT_VALUE_MISMATCH", "the value is not the one that it certifies");
}

async function readReceipt(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, "r");
    try {
      const bytes = new Uint8Array(RECEIPT_BYTES_MAX + 1);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): QuorateError {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new QuorateError(
    "FILE_UNREADABLE",
    `${file} could not be read (${why})`,
    "check the name and your right to read it",
    { cause },
  );
}

function refused(code: string, reason: string): Judgement {
  return { valid: false, code, reason };
}
