import { QuorateError } from "../../../base/quorate-error.ts";

export function historyInvalid(line: number, why: string): QuorateError {
  return new QuorateError(
    "HISTORY_INVALID",
    `line ${line} of the history: ${why}`,
    "docs/histories.md says what a history looks like",
  );
}
