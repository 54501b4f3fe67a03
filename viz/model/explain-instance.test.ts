import { describe, expect, it } from "vitest";
import { recordingOf } from "../testing/recording-of.ts";
import { explainInstance } from "./explain-instance.ts";
import type { Explanation } from "./explain-instance.ts";
import { memberSetOf, membersOf, NOBODY } from "./instances.ts";
import { quorumOf } from "../../consensus/committee.ts";

function explain(options: Parameters<typeof recordingOf>[0], slot: number): Explanation {
  const recording = recordingOf(options);
  const instance = recording.instances.find(slot);
  if (instance === undefined) throw new Error(`no instance ${slot}`);
  return explainInstance(recording, instance);
}

describe("why is this not committed?", () => {
  it("is answered by who has certified it, when it is", () => {
    expect(explain({}, 3)).toMatchObject({ stage: "certified", missing: [], needed: 0 });
  });

  it("is answered by the names whose signatures are missing", () => {
    const troubles = [{ at: 4, what: "cut-off" as const, member: 2 }];
    const { stage, sentences } = explain({ troubles }, 4);
    expect(stage).toBe("proposed");
    expect(sentences.join(" ")).toContain("of the 3 prepares");
  });

  it("names those who do not run", () => {
    const troubles = [{ at: 2, what: "kill-primary" as const }];
    const recording = recordingOf({ memberCount: 4, instanceCount: 2, troubles });
    const instance = { ...recording.instances.find(2)!, certifiedRow: -1, committedRow: -1 };
    const fallen = {
      ...instance,
      preparedRow: -1,
      prepares: memberSetOf("1"),
      lastTime: instance.firstTime,
    };
    const { missing, needed, sentences } = explainInstance(recording, fallen);
    expect(missing).toEqual(["replica-0", "replica-2", "replica-3"]);
    expect(needed).toBe(2);
    expect(sentences).toContain("Missing: any 2 of replica-0, replica-2, replica-3.");
  });

  it("says so when somebody said two things in one view", () => {
    const troubles = [{ at: 6, what: "equivocate" as const }];
    expect(explain({ troubles }, 6).sentences.at(-1)).toContain("two things");
    expect(explain({ troubles }, 5).sentences.at(-1)).not.toContain("two things");
  });
});

describe("member sets", () => {
  it.each(["", "0", "0 1 3", "2 30", "0 31 32 62 63"])("keep %j", (signers) => {
    const members = Array.from({ length: 64 }, (_, member) => member);
    expect(membersOf(memberSetOf(signers), members).join(" ")).toBe(signers);
  });

  it("keep members apart whose numbers are, after many have come and gone", () => {
    const members = [3, 34, 98, 515];
    expect(membersOf(memberSetOf("34 515"), members)).toEqual([34, 515]);
  });

  it.each(["-1", "1.5", "1e99", "x", "4294967295999999999999"])("take nothing from %j", (text) => {
    expect(memberSetOf(text)).toBe(NOBODY);
  });
});

it.each([
  [4, 1, 3],
  [5, 1, 4],
  [6, 1, 4],
  [7, 2, 5],
  [10, 3, 7],
])("of %i members, %i of which may lie, a quorum is %i", (n, f, expected) => {
  expect(quorumOf({ members: { length: n }, faultyMax: f })).toBe(expected);
});
