import {
  OUTCOME_ACCEPTED,
  OUTCOME_DISPUTED,
  OUTCOME_PENDING,
} from "../../consensus/execution/outcomes.ts";
import { checkHistory } from "./check-history.ts";
import type { HistoryJudgement } from "./check-history.ts";
import type { History, Operation } from "./operation.ts";

/** As a simulated client writes its operations down; virtual milliseconds. */
export interface SimulatedOperation {
  readonly process: number;
  readonly op: "put" | "withdraw" | "read-certified" | "read-session" | "read-linearizable";
  readonly key: string;
  readonly value: string | undefined;
  readonly invokedAt: number;
  readonly returnedAt: number | undefined;
  readonly outcome: number;
  readonly sequence: number;
}

/** Judges what the clients of one simulated run saw, by each key and by the sequences of all. */
export function checkSimulated(operations: readonly SimulatedOperation[]): HistoryJudgement {
  return checkHistory(historyOf(operations));
}

/**
 * A simulated certified read asks for no freshness and keeps no floor: it may show any state that
 * there was, so it stands as the session read of somebody who never asks again. A simulated
 * linearizable read does not raise its session's floor, so it is nobody else's either.
 */
export function historyOf(operations: readonly SimulatedOperation[]): History {
  return {
    model: "outcomes",
    operations: operations.map((operation, index): Operation => {
      const { op, key, value, returnedAt, invokedAt, sequence } = operation;
      const isWrite = op === "put" || op === "withdraw";
      const isWeak = op === "read-session" || op === "read-certified";
      const answered = returnedAt !== undefined;
      return {
        process: isWrite || op === "read-session" ? operation.process : -1 - index,
        key,
        action: isWrite ? op : "read",
        input: op === "put" ? [value ?? null] : [],
        output: answered ? (isWrite ? outcomeOf(operation) : (value ?? null)) : undefined,
        call: invokedAt,
        return: returnedAt ?? Infinity,
        ...(isWeak ? { consistency: "session" as const } : {}),
        ...(answered ? { sequence } : {}),
      };
    }),
  };
}

function outcomeOf({ outcome }: SimulatedOperation): string {
  switch (outcome) {
    case OUTCOME_ACCEPTED:
      return "ACCEPTED";
    case OUTCOME_PENDING:
      return "PENDING";
    case OUTCOME_DISPUTED:
      return "DISPUTED";
    default:
      return "REFUSED";
  }
}
