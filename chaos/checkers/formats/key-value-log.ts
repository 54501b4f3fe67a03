import type { History } from "../operation.ts";
import { historyInvalid } from "./history-invalid.ts";
import { PendingCalls } from "./pending-calls.ts";

const LINE =
  /^\{:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "(.*)", :value (nil|".*")\}$/;

/** Calls and returns of a key-value store as lines of EDN. What does not end is pending. */
export function parseKeyValueLog(text: string): History {
  const calls = new PendingCalls();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const match = LINE.exec(line.trimEnd());
    if (match === null) throw historyInvalid(index + 1, `it is no event: ${line}`);
    const [, name, kind, action, key, value] = match as unknown as readonly [string, ...string[]];
    const process = Number(name);
    const content = value === "nil" ? null : value!.slice(1, -1);
    const fits =
      kind === "invoke"
        ? calls.call({
            process,
            key: key!,
            action: action!,
            input: content === null ? [] : [content],
          })
        : calls.answer(process, { output: action === "get" ? content : true });
    if (!fits) throw historyInvalid(index + 1, "it does not follow from the lines before");
  }
  return { model: "key-value", operations: calls.operations };
}
