import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../base/prng.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Client, ReadKind } from "../../client/types.ts";
import type { Operation } from "../checkers/operation.ts";
import type { Recorder } from "./recorder.ts";

export const NAMESPACE = "chaos";
/** Several clients publish to one of these at a time: who is first, and do all see the same? */
const SHARED_KEY_COUNT = 4;
/** Then the shared keys are new ones. */
const SHARED_EVERY_MS = 400;
const SMALL_BYTES_MAX = 2_000;
/** Above what rides inside a write set: bytes go first. */
const LARGE_BYTES = 100_000;
const DEADLINE_MS = 20_000;
/** One receipt in so many is kept and judged. */
const RECEIPT_EVERY = 8;
/** A refusal costs nothing: nobody is to be flooded with the next attempt. */
const AFTER_FAILURE_MS = 50;

export interface LoopOptions {
  /** Of the history. */
  readonly process: number;
  readonly client: Client;
  readonly prng: Prng;
  readonly recorder: Recorder;
  readonly pauseMs: number;
  readonly stopping: AbortSignal;
}

/** One process of the history: one call at a time, until it is told to stop. */
export async function runClientLoop(options: LoopOptions): Promise<void> {
  const { prng, recorder, stopping } = options;
  for (let turn = 0; !stopping.aborted; turn++) {
    const draw = prng.below(100);
    const shared = `shared-${Math.floor(recorder.nowMs / SHARED_EVERY_MS)}-${prng.below(SHARED_KEY_COUNT)}`;
    let isGood: boolean;
    if (draw < 50) isGood = await write(options, ownKey(options, turn), smallSize(prng));
    else if (draw < 54) isGood = await write(options, ownKey(options, turn), LARGE_BYTES);
    else if (draw < 62) isGood = await write(options, shared, smallSize(prng));
    else if (draw < 74) isGood = await read(options, shared, "linearizable");
    else isGood = await read(options, knownKey(options) ?? shared, "session");
    const pauseMs = isGood ? options.pauseMs : Math.max(AFTER_FAILURE_MS, options.pauseMs);
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function ownKey({ process }: LoopOptions, turn: number): string {
  return `own-${process}-${turn}`;
}

function smallSize(prng: Prng): number {
  return 1 + prng.below(SMALL_BYTES_MAX);
}

function knownKey({ recorder, prng }: LoopOptions): string | undefined {
  const { acknowledged } = recorder;
  let left = prng.below(Math.max(1, acknowledged.size));
  for (const key of acknowledged.keys()) if (left-- === 0) return key;
  return undefined;
}

/** As a value of the history. */
function labelOf(digest: string): string {
  return digest.slice(0, 16);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function write(options: LoopOptions, key: string, size: number): Promise<boolean> {
  const { client, prng, recorder, process } = options;
  const value = prng.bytes(size);
  const digest = sha256(value);
  const call = recorder.nowMs;
  const about = { process, key, action: "publish", input: [labelOf(digest)], call };
  try {
    const written = await client.put(NAMESPACE, key, value, { deadlineMs: DEADLINE_MS });
    const isMine = written.outcome === "accepted";
    end(options, { ...about, output: isMine, sequence: written.sequence }, undefined);
    if (isMine) recorder.acknowledged.set(key, digest);
    return true;
  } catch (error) {
    const code = codeOf(error);
    // Somebody else was first: a verdict of the cluster like any other.
    if (code === "DIFFERS") {
      end(options, { ...about, output: false }, undefined);
      return true;
    }
    end(options, { ...about, output: undefined, pending: true }, code);
    return false;
  }
}

async function read(options: LoopOptions, key: string, kind: ReadKind): Promise<boolean> {
  const { client, recorder, process } = options;
  const call = recorder.nowMs;
  const isOfKnown = recorder.acknowledged.has(key);
  const about = { process, key, action: "read", input: [], call, isOfKnown };
  try {
    const found = await client.get(NAMESPACE, key, { kind, deadlineMs: DEADLINE_MS });
    let output: string | null = null;
    if (found.status === "hit") {
      const digest = sha256(await found.value.read({ deadlineMs: DEADLINE_MS }));
      if (digest !== Buffer.from(found.value.digest).toString("hex")) recorder.wrongBytes++;
      output = labelOf(digest);
    }
    if (recorder.samples.length % RECEIPT_EVERY === 0) recorder.receipts.push(found.receipt());
    const consistency = kind === "linearizable" ? {} : { consistency: kind };
    end(options, { ...about, output, sequence: found.sequence, ...consistency }, undefined);
    return true;
  } catch (error) {
    end(options, { ...about, output: undefined, pending: true }, codeOf(error));
    return false;
  }
}

type Told = Omit<Operation, "return"> & {
  readonly pending?: boolean;
  readonly isOfKnown?: boolean;
};

function end({ recorder }: LoopOptions, told: Told, code: string | undefined): void {
  const { pending = false, isOfKnown = false, ...operation } = told;
  const returnMs = recorder.nowMs;
  recorder.operations.push({ ...operation, return: pending ? Infinity : returnMs });
  recorder.samples.push({
    what: operation.action === "read" ? "read" : "write",
    callMs: operation.call,
    returnMs,
    isGood: code === undefined,
    code,
    isOfKnown,
  });
}

function codeOf(error: unknown): string {
  return error instanceof QuorateError ? error.code : String(error);
}
