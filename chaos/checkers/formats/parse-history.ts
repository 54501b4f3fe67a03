import { MODELS } from "../model.ts";
import type { Model } from "../model.ts";
import type { Consistency, History, Operation, Value } from "../operation.ts";
import { historyInvalid } from "./history-invalid.ts";
import { parseJepsenLog } from "./jepsen-log.ts";
import { parseKeyValueLog } from "./key-value-log.ts";

export const HISTORY_FORMAT = "quorate-history/1";

/**
 * A history in one of three forms, told apart by its first line: ours (one JSON object a line,
 * docs/histories.md), Jepsen's log of a register, or a key-value log.
 * @throws QuorateError HISTORY_INVALID
 */
export function parseHistory(text: string): History {
  if (/^INFO\s+jepsen/.test(text)) return parseJepsenLog(text);
  if (text.startsWith("{:process")) return parseKeyValueLog(text);
  const lines = text.split("\n");
  const head = objectOf(lines[0] ?? "", 1);
  if (head["format"] !== HISTORY_FORMAT) throw historyInvalid(1, "it names no known format");
  const model = MODELS.get(String(head["model"]));
  if (model === undefined) throw historyInvalid(1, `no model ${String(head["model"])}`);
  const operations: Operation[] = [];
  for (const [index, line] of lines.entries()) {
    if (index > 0 && line !== "") operations.push(operationOf(model, line, index + 1));
  }
  return { model: model.name, operations };
}

export function formatHistory({ model, operations }: History): string {
  const head = JSON.stringify({ format: HISTORY_FORMAT, model });
  // JSON has no infinity and no undefined: an operation without them is pending and unknown.
  const lines = operations.map((operation) => {
    const { return: end, ...rest } = operation;
    return JSON.stringify(end === Infinity ? rest : { ...rest, return: end });
  });
  return `${[head, ...lines].join("\n")}\n`;
}

type Json = Readonly<Record<string, unknown>>;

function objectOf(line: string, number: number): Json {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Said below.
  }
  throw historyInvalid(number, "it is no JSON object");
}

const FIELDS: ReadonlySet<string> = new Set([
  ...["process", "key", "action", "input", "output", "call", "return", "consistency", "sequence"],
]);
const CONSISTENCIES: ReadonlySet<unknown> = new Set(["linearizable", "session", "certified"]);

function operationOf(model: Model, line: string, number: number): Operation {
  const json = objectOf(line, number);
  const strange = Object.keys(json).find((field) => !FIELDS.has(field));
  if (strange !== undefined) throw historyInvalid(number, `unknown field ${strange}`);
  const { process, key, action, input = [], output, call, return: end = Infinity } = json;
  const { consistency, sequence } = json;
  const demand = (holds: boolean, why: string): void => {
    if (!holds) throw historyInvalid(number, why);
  };
  demand(Number.isSafeInteger(process), "process is no whole number");
  demand(typeof key === "string", "key is no text");
  demand(Object.hasOwn(model.actions, String(action)), `${model.name} has no ${String(action)}`);
  demand(Array.isArray(input) && input.every(isValue), "input is no list of texts");
  demand(output === undefined || typeof output === "boolean" || isValue(output), "output");
  demand(Number.isFinite(call) && typeof end === "number", "call or return is no number");
  demand((call as number) <= (end as number), "it ends before it begins");
  demand(consistency === undefined || CONSISTENCIES.has(consistency), "unknown consistency");
  demand(sequence === undefined || Number.isSafeInteger(sequence), "sequence");
  return {
    process: process as number,
    key: key as string,
    action: action as string,
    input: input as readonly Value[],
    output: output as Operation["output"],
    call: call as number,
    return: end as number,
    ...(consistency === undefined ? {} : { consistency: consistency as Consistency }),
    ...(sequence === undefined ? {} : { sequence: sequence as number }),
  };
}

function isValue(value: unknown): value is Value {
  return value === null || typeof value === "string";
}
