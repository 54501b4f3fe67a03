import { describe, expect, it } from "vitest";
import type { ReplicaIndex } from "../../base/types.ts";
import { quarantineStateKey } from "../map/state-keys.ts";
import { quarantineRowCodec } from "../wire/rows.ts";
import type { Write } from "../wire/write-set.ts";
import { outcomeText } from "./outcomes.ts";
import { Fixture, administer, put, writeSet } from "./state.case.ts";

/** In these tests each byte of evidence convicts one replica (state.case.ts); one may be left out. */
const accuse = (...accused: number[]): Write =>
  administer({ action: 8, evidence: Uint8Array.from(accused) });
const outcomeOf = (fixture: Fixture, writer: string, write: Write): string =>
  outcomeText(fixture.write(writer, write)).name;

describe("an accusation", () => {
  it("may come from any enrolled writer, and stands in the state with its reason", () => {
    const fixture = new Fixture();
    expect(outcomeOf(fixture, "nobody", accuse(3))).toBe("NOT_ENROLLED");
    expect(outcomeOf(fixture, "ann", accuse(3))).toBe("ACCEPTED");
    expect([...fixture.state.quarantined]).toEqual([3]);
    const row = fixture.state.rowAt(fixture.state.sequence, quarantineStateKey(3 as ReplicaIndex));
    expect(quarantineRowCodec.decode(row!)).toMatchObject({ replica: 3, what: "a test" });
    expect(outcomeOf(fixture, "bob", accuse(3))).toBe("ACCEPTED");
  });

  it("that convicts nobody is refused", () => {
    expect(outcomeOf(new Fixture(), "ann", accuse())).toBe("EVIDENCE_REFUSED");
  });

  it("leaves out f at the most, and all of one piece or nobody", () => {
    const fixture = new Fixture();
    expect(outcomeOf(fixture, "ann", accuse(1, 2))).toBe("QUARANTINE_FULL");
    expect([...fixture.state.quarantined]).toEqual([]);
    expect(outcomeOf(fixture, "ann", accuse(1))).toBe("ACCEPTED");
    expect(outcomeOf(fixture, "ann", accuse(2))).toBe("QUARANTINE_FULL");
  });

  it("is judged once in each execution, for judging is dear", () => {
    const fixture = new Fixture();
    const [executed] = fixture.execute([writeSet("ann", [accuse(), accuse(3)])]).writeSets;
    const codes = executed?.result?.outcomes.map(({ code }) => outcomeText(code).name);
    expect(codes).toEqual(["EVIDENCE_REFUSED", "ACCUSATION_LATER"]);
  });

  it("holds after a restart", () => {
    const fixture = new Fixture();
    fixture.write("ann", accuse(2));
    fixture.restart();
    expect([...fixture.state.quarantined]).toEqual([2]);
    fixture.write("ann", put("k", "x"));
  });
});
