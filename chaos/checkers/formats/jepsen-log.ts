import type { History } from "../operation.ts";
import { historyInvalid } from "./history-invalid.ts";
import { PendingCalls } from "./pending-calls.ts";

const LINE = /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$/;
const ONE_KEY = "";

/**
 * A register's log as Jepsen prints it. `:info` and a missing end leave the call pending. A read
 * that timed out ended without telling anything; a compare-and-set that failed was refused.
 */
export function parseJepsenLog(text: string): History {
  const calls = new PendingCalls();
  for (const [index, line] of text.split("\n").entries()) {
    const match = LINE.exec(line.trimEnd());
    if (match === null) continue;
    const [, name, kind, action, rest] = match as unknown as readonly [string, ...string[]];
    if (!follow(calls, Number(name), { kind: kind!, action: action!, rest: rest! })) {
      throw historyInvalid(index + 1, `it does not follow from the lines before: ${line}`);
    }
  }
  return { model: "etcd-cas", operations: calls.operations };
}

interface Event {
  readonly kind: string;
  readonly action: string;
  readonly rest: string;
}

function follow(calls: PendingCalls, process: number, { kind, action, rest }: Event): boolean {
  const input = valuesOf(rest);
  switch (kind) {
    case "invoke":
      return calls.call({ process, key: ONE_KEY, action, input: action === "read" ? [] : input });
    case "ok": {
      const output = action === "read" ? (input[0] ?? null) : true;
      return calls.answer(process, { output });
    }
    case "fail":
      return calls.answer(process, { output: action === "cas" ? false : undefined });
    case "info":
      return calls.giveUp(process);
    default:
      return false;
  }
}

/** `nil`, `3` or `[3 4]`. */
function valuesOf(rest: string): readonly (string | null)[] {
  return rest
    .replace(/^\[|\]$/g, "")
    .split(/\s+/)
    .map((word) => (word === "nil" ? null : word));
}
