import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { toHex } from "../../base/bytes.ts";
import { invariant } from "../../base/assert.ts";
import type { Hash } from "../../base/types.ts";
import { checkerId } from "../../proof/frame/budget.ts";
import type { Refused } from "../../proof/frame/check-result.ts";
import { METAMATH_1, readDatabase } from "../../proof/metamath/database.ts";
import type { Database } from "../../proof/metamath/database.ts";
import { DATABASE_BUDGET, metamath1 } from "../../proof/metamath/metamath-1.ts";
import type { AskedStatement, MetamathReport, MetamathTask, RefusedAt } from "./metamath-report.ts";
import type { WorkerMessage } from "./run-worker.ts";

/** A database with more refused theorems is not worth listing to the end. */
const REFUSED_LISTED_MAX = 20;
/** Worst first: what a database with several refusals is called. */
const STATUSES = ["reject", "resource", "decline"] as const;

const LINE_FEED = 0x0a;
const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

function report({ source, label }: MetamathTask): MetamathReport {
  const refused: (Refused & { readonly label: string | undefined })[] = [];
  const { result, cost } = readDatabase(source, DATABASE_BUDGET, {
    onRefused: (one) => refused.push({ ...one.refused, label: one.label }),
    onProgress: (progress) => post({ progress }),
  });
  if (result.status !== "accept") refused.push({ ...result, label: undefined });
  const database = result.status === "accept" ? result.value : undefined;
  const asked =
    database === undefined || label === undefined ? undefined : describe(database, label);
  if (database !== undefined && label !== undefined && asked === undefined) {
    refused.length = 0;
    refused.push({ status: "reject", reason: "label-unknown", offset: source.length, label });
  }
  const isRefused = (status: string): boolean => refused.some((one) => one.status === status);
  return {
    checker: checkerId(METAMATH_1, metamath1.checkerVersion, DATABASE_BUDGET),
    status: STATUSES.find(isRefused) ?? "accept",
    ...countOf(database),
    refusedCount: refused.length,
    refused: refused.slice(0, REFUSED_LISTED_MAX).map((one) => placed(one, source)),
    cost,
    asked,
  };
}

function countOf(database: Database | undefined): { theorems: number; axioms: number } {
  let [theorems, axioms] = [0, 0];
  for (const assertion of database?.assertions() ?? []) {
    if (database?.isAxiom(assertion) === true) axioms++;
    else theorems++;
  }
  return { theorems, axioms };
}

function describe(database: Database, label: string): AskedStatement | undefined {
  const assertion = database.find(label);
  if (assertion === undefined) return undefined;
  return {
    label,
    key: toHex(database.keyOf(sha256, assertion)),
    kind: METAMATH_1,
    isAxiom: database.isAxiom(assertion),
    payload: toHex(database.payloadOf(assertion)),
    axiomCount: database.axiomsOf(assertion)?.length,
  };
}

function placed(
  refused: Refused & { readonly label: string | undefined },
  source: Uint8Array,
): RefusedAt {
  let [line, lineStart] = [1, 0];
  for (;;) {
    const end = source.indexOf(LINE_FEED, lineStart);
    if (end < 0 || end >= refused.offset) break;
    lineStart = end + 1;
    line++;
  }
  return { ...refused, line, column: refused.offset - lineStart + 1 };
}

function post(message: WorkerMessage<MetamathReport>): void {
  invariant(parentPort !== null, "this file runs on a thread of its own");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort.postMessage(message);
}

post({ answer: report(workerData as MetamathTask) });
