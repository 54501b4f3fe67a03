import { describe, expect, it } from "vitest";
import { REFUSAL_OVERLOADED } from "../../consensus/execution/outcomes.ts";
import * as wire from "../../consensus/wire/connection.ts";
import type { Script } from "../testing/fake-replica.ts";
import { FakeWorld, flip, waitUntil } from "../testing/fake-world.ts";

/** What replicas may say of a write that is not so, or not yet. */

const world = FakeWorld.forEachTest();

describe("a write refuses", () => {
  type SubmitLie = NonNullable<Script["submit"]>;
  it.each<readonly [string, string, SubmitLie]>([
    [
      "an execution without a certificate",
      "forged-certificate",
      (answer) => ({ ...answer, certificate: undefined }),
    ],
    [
      "a session row that the root does not cover",
      "wrong-row",
      (answer) => ({ ...answer, sessionRow: flip(answer.sessionRow) }),
    ],
    [
      "an execution without a row",
      "forged-execution",
      (answer) => ({ ...answer, sessionRow: new Uint8Array(0) }),
    ],
  ])("%s", async (_what, name, submit) => {
    Object.assign(world.cluster.scripts[0]!, { submit });
    const writer = await world.connected();
    const result = await writer.put("space", "name", world.cluster.value);
    expect(result.outcome).toBe("accepted");
    await waitUntil(() => (world.liesOf(0).get(name) ?? 0) > 0);
  });

  it("one replica's lies without end, and does not shout at the others for each", async () => {
    for (const index of [1, 2, 3]) world.cluster.scripts[index]!.submit = () => "silence";
    world.cluster.scripts[0]!.submit = (answer) => ({ ...answer, sessionRow: new Uint8Array(0) });
    const writer = await world.connected();
    const writing = writer.put("space", "name", world.cluster.value, { deadlineMs: 2_500 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(world.liesOf(0).get("forged-execution")).toBeGreaterThan(1);
    // To all at first, once more for the lie, then as often as time is doubled.
    expect(world.cluster.submitted.filter((line) => line.startsWith("1/")).length).toBeLessThan(10);
  });

  it("one replica's refusal, and believes that of f+1", async () => {
    const refuse: SubmitLie = (answer) => ({
      ...answer,
      status: wire.SUBMIT_REFUSED,
      code: 1,
      sessionRow: new Uint8Array(0),
      proof: undefined,
      certificate: undefined,
    });
    Object.assign(world.cluster.scripts[0]!, { submit: refuse });
    const writer = await world.connected();
    expect((await writer.put("space", "name", world.cluster.value)).outcome).toBe("accepted");
    for (const script of world.cluster.scripts) script.submit = refuse;
    await expect(writer.put("space", "name", world.cluster.value)).rejects.toMatchObject({
      code: "NOT_ENROLLED",
    });
  });

  it("a liar's reason that only stands beside another replica's different one", async () => {
    const refuse =
      (code: number): SubmitLie =>
      (answer) => ({
        ...answer,
        status: wire.SUBMIT_REFUSED,
        code,
        sessionRow: new Uint8Array(0),
        proof: undefined,
        certificate: undefined,
      });
    // One lags behind the writer's enrolment and one lies; the others are slow.
    world.cluster.scripts[0]!.submit = refuse(1);
    world.cluster.scripts[1]!.submit = refuse(2);
    world.cluster.scripts[2]!.submit = () => "silence";
    world.cluster.scripts[3]!.submit = () => "silence";
    const writer = await world.connected();
    const writing = writer.put("space", "name", world.cluster.value, { deadlineMs: 1_000 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  const busy = (answer: wire.SubmitAnswer): wire.SubmitAnswer => ({
    ...answer,
    status: wire.SUBMIT_REFUSED,
    code: REFUSAL_OVERLOADED,
    sessionRow: new Uint8Array(0),
    proof: undefined,
    certificate: undefined,
  });
  const sentTo = (index: number): number =>
    world.cluster.submitted.filter((line) => line.startsWith(`${index}/`)).length;

  it("nothing when a replica is overloaded: it is sent again later, and says so in status", async () => {
    // Nobody is believed to be primary, so the set goes to all; the others never heard of it.
    for (const index of [1, 2, 3]) world.cluster.scripts[index]!.submit = () => "silence";
    let refused = 0;
    world.cluster.scripts[0]!.submit = (answer) => (refused++ < 3 ? busy(answer) : answer);
    const writer = await world.connected();
    expect((await writer.put("space", "name", world.cluster.value)).outcome).toBe("accepted");
    expect(writer.status().replicas[0]!.busy).toBe(3);
    expect([...world.liesOf(0)]).toEqual([]);
  });

  it("to shout at an overloaded cluster: each is told less often the more it is asked", async () => {
    for (const script of world.cluster.scripts) script.submit = busy;
    const writer = await world.connected();
    const writing = writer.put("space", "name", world.cluster.value, { deadlineMs: 1_500 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    // Waits of at least 50, 100, 200, 400, 800 ms.
    for (const index of [0, 1, 2, 3]) expect(sentTo(index)).toBeLessThanOrEqual(6);
  });

  it("one that says without end that it is overloaded", async () => {
    for (const index of [1, 2, 3]) world.cluster.scripts[index]!.submit = () => "silence";
    world.cluster.scripts[0]!.submit = (answer) => {
      for (let count = 0; count < 50; count++) world.cluster.sayAgain(0, busy(answer));
      if (sentTo(0) > 1) for (const index of [1, 2, 3]) delete world.cluster.scripts[index]!.submit;
      return busy(answer);
    };
    const writer = await world.connected();
    expect((await writer.put("space", "name", world.cluster.value)).outcome).toBe("accepted");
    expect(writer.status().replicas[0]!.busy).toBeLessThan(10);
  });

  it("silence: sends the same bytes to all, then says that the outcome is unknown", async () => {
    for (const script of world.cluster.scripts) script.submit = () => "silence";
    const writer = await world.connected();
    const writing = writer.put("space", "name", world.cluster.value, { deadlineMs: 1_500 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    const replicas = new Set(world.cluster.submitted.map((line) => line.split("/")[0]));
    const bodies = new Set(
      world.cluster.submitted.map((line) => line.split("/").slice(1).join("/")),
    );
    expect(replicas.size).toBe(4);
    expect(bodies.size).toBe(1);
  });
});
