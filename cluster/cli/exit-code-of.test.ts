import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { outcomeCodes, outcomeText } from "../../consensus/execution/outcomes.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import { EXIT_INTERNAL } from "./exit-codes.ts";

/** Those that are rightly nobody's but ours, or that never reach a command line. */
const OURS: readonly string[] = [
  ...["ABORTED", "CACHE_CORRUPT", "CLIENT_CLOSED", "DISK_FULL", "DOWN_FAILED"],
  ...["PROMISES_FAILED", "STORE_COMMIT_FAILED"],
  ...["VALUE_DAMAGED", "VALUE_DIGEST", "VALUE_MISMATCH", "VALUE_REFUSED", "VALUE_SIZE"],
  // Refusals that our own library cannot run into.
  ...["NOT_AFTER_TOO_FAR", "BELOW_WINDOW", "ALREADY_EXECUTED", "WRONG_EPOCH", "WRITE_MALFORMED"],
  ...["MALFORMED"],
];

const documented = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8")
  .split("\n")
  .flatMap((line) => /^\| `?([A-Z0-9_]+)`? \|/.exec(line)?.[1] ?? []);

const outcomes = outcomeCodes()
  .map((code) => outcomeText(code).name)
  .filter((name) => name !== "ACCEPTED" && name !== "PENDING");

describe("every error has an exit code that somebody chose", () => {
  it.each([...new Set([...documented, ...outcomes])])("%s", (code) => {
    expect(exitCodeOf(code) === EXIT_INTERNAL).toBe(OURS.includes(code));
  });
});
