import { expect, it } from "vitest";
import { recordingOf } from "../testing/recording-of.ts";
import { kindNumber } from "./kinds.ts";

const recording = recordingOf({
  troubles: [
    { at: 5, what: "kill-primary" },
    { at: 12, what: "equivocate" },
  ],
});
const { table, health, index } = recording;
const lane = (name: string): number => table.authors.laneNamed(name) as number;
const timeOf = (kind: Parameters<typeof kindNumber>[0]): number =>
  table.time.at([...table.kind.take()].indexOf(kindNumber(kind)));

it("knows a crash until the restart, and a recovery until it executes again", () => {
  expect(health.at(lane("replica-0"), timeOf("crash") - 1)).toBe("up");
  expect(health.at(lane("replica-0"), timeOf("crash"))).toBe("down");
  expect(health.at(lane("replica-0"), timeOf("suspicion"))).toBe("down");
  expect(health.at(lane("replica-2"), index.to)).toBe("up");
  expect(health.downSpans(lane("replica-0"))).toEqual([[timeOf("crash"), timeOf("restart")]]);
});

it("keeps an accusation", () => {
  expect(health.at(lane("replica-1"), index.to)).toBe("accused");
  expect(health.at(lane("replica-1"), index.from)).not.toBe("accused");
});

it("knows nothing of what is not there", () => {
  expect(health.at(99, index.to)).toBe("unknown");
});
