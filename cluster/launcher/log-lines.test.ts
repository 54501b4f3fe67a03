import { describe, expect, it } from "vitest";
import { LogLines } from "./log-lines.ts";
import { LOG_LINE_BYTES_MAX } from "./rotating-log.ts";

function collect(parts: readonly string[]): string[] {
  const written: string[] = [];
  const lines = new LogLines({
    stream: "stderr",
    now: () => 7,
    write: (line) => written.push(line),
  });
  for (const part of parts) lines.push(part);
  lines.end();
  return written;
}

const wrapped = (message: string): string =>
  JSON.stringify({ level: 50, time: 7, stream: "stderr", msg: message });

describe("a child's output becomes lines of JSON", () => {
  it.each([
    ["an object stays as it is", ['{"level":30}\n'], ['{"level":30}']],
    ["an object in pieces is put together", ['{"lev', 'el":30}', "\n"], ['{"level":30}']],
    ["several lines in one piece", ['{"a":1}\n{"b":2}\n'], ['{"a":1}', '{"b":2}']],
    ["a trace is wrapped", ["Error: no\n"], [wrapped("Error: no")]],
    ["what only looks like an object is wrapped", ["{no}\n"], [wrapped("{no}")]],
    ["blank lines vanish", ["\n \n\n"], []],
    ["the last words need no newline", ["aborted"], [wrapped("aborted")]],
  ])("%s", (_title, parts, expected) => {
    expect(collect(parts)).toEqual(expected);
  });

  it("cuts a line without an end and goes on with the next one", () => {
    const flood = Array.from({ length: 5 }, () => "x".repeat(LOG_LINE_BYTES_MAX));
    const written = collect([...flood, "rest\n", '{"a":1}\n']);
    expect(written).toHaveLength(2);
    expect(JSON.parse(written[0] ?? "")).toMatchObject({ msg: "x".repeat(LOG_LINE_BYTES_MAX) });
    expect(written[1]).toBe('{"a":1}');
  });
});
