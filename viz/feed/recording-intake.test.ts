import { expect, it } from "vitest";
import { generatedEvents, generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import { RecordingIntake } from "./recording-intake.ts";

const OPTIONS = { memberCount: 4, clientCount: 2, instanceCount: 30, seed: 5 };
const bytes = new Uint8Array(Buffer.concat([...generatedRecording(OPTIONS)]));
const eventCount = [...generatedEvents(OPTIONS)].length;

it.each([1 << 20, 1000, 61])("reads a recording in pieces of %i bytes", (size) => {
  const intake = new RecordingIntake();
  for (let at = 0; at < bytes.length; at += size) intake.push(bytes.slice(at, at + size));
  const table = intake.end();
  expect(table.count).toBe(eventCount);
  expect(table.header.title).toBe("generated from seed 5");
  expect(intake.report).toEqual({ gapCount: 0, gapBytes: 0, leftOut: 0 });
});

it("says what it could not read, and goes on", () => {
  const intake = new RecordingIntake();
  const foreign = new Uint8Array(500).fill(7);
  intake.push(new Uint8Array(Buffer.concat([foreign, bytes, bytes.slice(0, 99)])));
  expect(intake.end().count).toBe(eventCount);
  expect(intake.report.gapCount).toBeGreaterThan(0);
  expect(intake.report.gapBytes).toBeGreaterThanOrEqual(500);
});

it("holds no more than its bound, and says how many it left out", () => {
  const intake = new RecordingIntake(100);
  intake.push(bytes);
  expect(intake.end().count).toBe(100);
  expect(intake.report.leftOut).toBe(eventCount - 100);
});

it("of nothing makes an empty table", () => {
  expect(new RecordingIntake().end().count).toBe(0);
});
