import { invariant } from "../../base/assert.ts";
import { CONFIGURATION_BYTES_MAX } from "./configuration-set.ts";
import { searchOrder } from "./linearizability.ts";
import type { Judgement, Verdict } from "./linearizability.ts";
import { MODELS } from "./model.ts";
import type { History, Operation } from "./operation.ts";
import { relax } from "./relax.ts";
import { findOrderFaults } from "./session-order.ts";
import type { OrderFault } from "./session-order.ts";

export interface KeyJudgement extends Judgement {
  readonly key: string;
  /** This key's operations, in the history's order; `order` and `stuck` are places in here. */
  readonly operations: readonly Operation[];
}

export interface HistoryJudgement {
  /** The worst of the keys: one that is not linearizable, or else one that nobody knows. */
  readonly verdict: Verdict;
  readonly keys: readonly KeyJudgement[];
  /** What the sequences show over all keys; places in the history's operations. */
  readonly orderFaults: readonly OrderFault[];
}

export interface CheckOptions {
  readonly freshnessMsMax?: number;
  readonly bytesMax?: number;
}

/**
 * The first look at each key: one violation settles a history, and most are found at once. As much
 * again is spent on explaining it.
 */
const FIRST_LOOK_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Each key is judged by itself: a history is linearizable if and only if each of its objects is
 * (Herlihy and Wing 1990, locality). Weaker reads are judged by what they promise: relax.ts. A key
 * that is hard to judge is searched to the end only where no other key has settled the history.
 */
export function checkHistory(history: History, options: CheckOptions = {}): HistoryJudgement {
  const model = MODELS.get(history.model);
  invariant(model !== undefined, "a history names a model that is there", { model: history.model });
  const { freshnessMsMax, bytesMax = CONFIGURATION_BYTES_MAX } = options;
  const judge = (operations: readonly Operation[], bytes: number, lookAhead = true): Judgement => {
    const relaxed = relax(operations, freshnessMsMax);
    const search = { after: relaxed.after, bytesMax: bytes, lookAhead };
    return searchOrder(model, relaxed.operations, search);
  };
  const firstLook = Math.min(bytesMax, FIRST_LOOK_BYTES_MAX);
  let keys = [...partition(history.operations)].map(([key, operations]): KeyJudgement => {
    const judgement = judge(operations, firstLook);
    if (judgement.verdict !== "not linearizable") return { key, operations, ...judgement };
    const { order, stuck } = longer(judgement, judge(operations, firstLook, false));
    return { key, operations, ...judgement, order, stuck };
  });
  if (keys.every(({ verdict }) => verdict !== "not linearizable")) {
    keys = keys.map((key) =>
      key.verdict === "unknown" ? { ...key, ...judge(key.operations, bytesMax) } : key,
    );
  }
  const orderFaults = findOrderFaults(history.operations);
  return { verdict: worst(keys, orderFaults), keys, orderFaults };
}

function worst(keys: readonly KeyJudgement[], faults: readonly OrderFault[]): Verdict {
  const verdicts = new Set(keys.map(({ verdict }) => verdict));
  if (faults.length > 0 || verdicts.has("not linearizable")) return "not linearizable";
  return verdicts.has("unknown") ? "unknown" : "linearizable";
}

/** The verdict needs no long order; a person who looks for the reason does. */
function longer(left: Judgement, right: Judgement): Judgement {
  return right.order.length > left.order.length ? right : left;
}

function partition(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const parts = new Map<string, Operation[]>();
  for (const operation of operations) {
    const part = parts.get(operation.key);
    if (part === undefined) parts.set(operation.key, [operation]);
    else part.push(operation);
  }
  return parts;
}
