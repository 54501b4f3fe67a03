import { compareBytes } from "../../base/bytes.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { hlcAddMs, hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { CheckedBatch, CheckedRemoval } from "../checked.ts";
import type { Member } from "../committee.ts";
import { SUSPICION_MS_MAX } from "../limits.ts";
import type { Verified } from "../verified.ts";
import { membershipBytes } from "../epochs/consent.ts";
import { epochBoundary } from "../epochs/epoch-boundary.ts";
import { configurationStateKey } from "../map/state-keys.ts";
import { configurationRowCodec, reconfigurationCodec } from "../wire/configuration.ts";
import type { Reconfiguration } from "../wire/configuration.ts";
import type { Write } from "../wire/write-set.ts";
import { Configurations } from "./configurations.ts";
import { outcomeText } from "./outcomes.ts";
import type { WorkingRows } from "./working-rows.ts";
import { Fixture, administer, genesis, keyOf, put, signatureOf } from "./state.case.ts";

const EPOCH = 1 as Epoch;
const founders = genesis.members;
const member = (name: string, address = "127.0.0.1:7500"): Member => ({
  publicKey: keyOf(name),
  address,
});
const fifth = member("replica 4");

/** The order that adds these, with the word of each, unless `changes` says otherwise. */
function order(members: readonly Member[], changes: Partial<Reconfiguration> = {}): Write {
  const next = { epoch: EPOCH, members, faultyMax: 1, ...changes };
  const message = membershipBytes(genesis.clusterId, next);
  const consents = members
    .filter((each) => !founders.includes(each))
    .map(({ publicKey }) => ({ publicKey, signature: signatureOf(publicKey, message) }))
    .sort((left, right) => compareBytes(left.publicKey, right.publicKey));
  const reconfiguration = reconfigurationCodec.encode({ consents, ...next, ...changes });
  return administer({ action: 9, reconfiguration });
}

const outcomeOf = (fixture: Fixture, write: Write, writer = "root"): string =>
  outcomeText(fixture.write(writer, write)).name;

/** Null requests, as the primary brings an epoch to its end. */
function fillTo(fixture: Fixture, sequence: number): void {
  while (fixture.state.sequence < sequence) fixture.state.execute(undefined);
}

describe("a change of members", () => {
  it("is decided by an administrator, and begins after the boundary", () => {
    const fixture = new Fixture();
    expect(outcomeOf(fixture, order([...founders, fifth]))).toBe("ACCEPTED");
    const { state } = fixture;
    const boundary = epochBoundary(1 as Sequence);
    expect(state.epochEndOf(0 as Epoch)).toBe(boundary);
    expect(state.epochEndOf(EPOCH)).toBeUndefined();
    expect(state.committeeAt(boundary)).toMatchObject({ epoch: 0, members: founders });
    expect(state.committeeAt((boundary + 1) as Sequence)).toMatchObject({
      ...{ epoch: 1, faultyMax: 1, members: [...founders, fifth] },
    });
    const row = state.rowAt(state.sequence, configurationStateKey(EPOCH));
    expect(configurationRowCodec.decode(row!)).toMatchObject({ decided: 1, boundary });
  });

  it.each<[string, readonly Member[], Partial<Reconfiguration>, string]>([
    ["three members", founders.slice(1), {}, "CONFIGURATION_REFUSED"],
    ["a key twice", [...founders, founders[0]!], {}, "CONFIGURATION_REFUSED"],
    [
      "an address twice",
      [...founders, member("x", founders[0]!.address)],
      {},
      "CONFIGURATION_REFUSED",
    ],
    ["an address without a port", [...founders, member("x", "host")], {}, "CONFIGURATION_REFUSED"],
    ["a port that is none", [...founders, member("x", "host:99999")], {}, "CONFIGURATION_REFUSED"],
    ["five members and f = 3", [...founders, fifth], { faultyMax: 3 }, "CONFIGURATION_REFUSED"],
    ["f = 0 where it was 1", [...founders, fifth], { faultyMax: 0 }, "CONFIGURATION_REFUSED"],
    ["no word of who joins", [...founders, fifth], { consents: [] }, "CONSENT_MISSING"],
    ["an epoch to come", [...founders, fifth], { epoch: 2 as Epoch }, "RECONFIGURATION_STALE"],
    ["the present epoch", [...founders, fifth], { epoch: 0 as Epoch }, "RECONFIGURATION_STALE"],
  ])("is refused with %s", (_, members, changes, outcome) => {
    const fixture = new Fixture();
    expect(outcomeOf(fixture, order(members, changes))).toBe(outcome);
    expect(fixture.state.epochEndOf(0 as Epoch)).toBeUndefined();
  });

  it("is refused when the word is about another configuration, or somebody else's", () => {
    const next = { epoch: EPOCH, members: [...founders, fifth], faultyMax: 1 };
    const about = (members: readonly Member[]): Uint8Array =>
      membershipBytes(genesis.clusterId, { ...next, members });
    const { publicKey } = fifth;
    for (const consents of [
      [{ publicKey, signature: signatureOf(publicKey, about(founders)) }],
      [{ publicKey, signature: signatureOf(keyOf("ann"), about(next.members)) }],
      [{ publicKey: keyOf("ann"), signature: signatureOf(keyOf("ann"), about(next.members)) }],
    ]) {
      expect(outcomeOf(new Fixture(), order(next.members, { consents }))).toBe("CONSENT_MISSING");
    }
  });

  describe("with a member's own word that it hands its place on", () => {
    const [first, second] = founders as [Member, Member];
    const fresh = member("fresh", first.address);
    const handed = [fresh, ...founders.slice(1)];
    /** The order signed by these keys; `members`: other than those that hand nothing on. */
    const signedBy = (keys: readonly Member[], members: readonly Member[] = handed): Write => {
      const next = { epoch: EPOCH, members, faultyMax: 1 };
      const message = membershipBytes(genesis.clusterId, next);
      const consents = keys
        .map(({ publicKey }) => ({ publicKey, signature: signatureOf(publicKey, message) }))
        .sort((left, right) => compareBytes(left.publicKey, right.publicKey));
      return order(members, { consents });
    };

    it("puts its new key in its place, at its index and address", () => {
      const fixture = new Fixture();
      expect(outcomeOf(fixture, signedBy([first, fresh]))).toBe("ACCEPTED");
      const end = fixture.state.epochEndOf(0 as Epoch)!;
      expect(fixture.state.committeeAt((end + 1) as Sequence).members).toEqual(handed);
    });

    it.each<[string, Write]>([
      ["the new key has not signed", signedBy([first])],
      ["a member signs that stays", signedBy([second, fresh])],
      ["a stranger signs, too", signedBy([first, fresh, member("stranger")])],
      ["the new one has another address", signedBy([first, fifth], [fifth, ...founders.slice(1)])],
      ["the new one has another index", signedBy([first, fresh], [...founders.slice(1), fresh])],
    ])("is refused where %s", (_, write) => {
      expect(outcomeOf(new Fixture(), write)).toBe("CONSENT_MISSING");
    });

    it("counts for nothing when it is a convict's, who would shed his sentence", () => {
      const fixture = new Fixture();
      expect(outcomeOf(fixture, administer({ action: 8, evidence: Uint8Array.of(0) }))).toBe(
        "ACCEPTED",
      );
      expect(outcomeOf(fixture, signedBy([first, fresh]))).toBe("CONSENT_MISSING");
      expect(outcomeOf(fixture, signedBy([fresh]))).toBe("ACCEPTED");
    });
  });

  it("is refused where convicts who stay would leave too few to decide anything", () => {
    const seven = Array.from({ length: 7 }, (_, at) => member(`place ${at}`, `host:${7400 + at}`));
    const { clusterId } = genesis;
    const committee = { clusterId, epoch: 0 as Epoch, members: seven, faultyMax: 2 };
    const rows = { set: () => undefined } as unknown as WorkingRows;
    const decide = (members: readonly Member[]): string => {
      const rules = { genesis: committee, verify: () => true, admitsKey: () => true };
      const order = { epoch: EPOCH, members, faultyMax: 2, consents: [] };
      const convicts = new Set([5, 6] as ReplicaIndex[]);
      const encoded = reconfigurationCodec.encode(order);
      const decided = new Configurations(rows, rules).decide(encoded, 1 as Sequence, convicts);
      return outcomeText(decided).name;
    };
    // Q is four of five: with two who are not listened to there would be three.
    expect(decide(seven.slice(2))).toBe("CONFIGURATION_REFUSED");
    expect(decide(seven.slice(0, 5))).toBe("ACCEPTED");
  });

  describe("for silence", () => {
    const NOW = hlcFromMs(5_000_000);
    const ten = Array.from({ length: 10 }, (_, at) => member(`place ${at}`, `host:${7400 + at}`));
    const committee = { clusterId: genesis.clusterId, epoch: 0 as Epoch, members: ten };
    const gone = [2, 5, 9] as ReplicaIndex[];
    const asOf = hlcAddMs(NOW, -SUSPICION_MS_MAX);
    const removal = { epoch: 0 as Epoch, members: gone, asOf };
    let configurations: Configurations;
    let rows: Uint8Array[];
    const remove = (changes: Partial<CheckedRemoval>, convicts: readonly number[] = []): void =>
      configurations.remove(
        { ...removal, ...changes },
        { sequence: 1 as Sequence, time: NOW },
        new Set(convicts as ReplicaIndex[]),
      );
    const decided = (): Sequence | undefined => configurations.endOf(0 as Epoch);

    beforeEach(() => {
      rows = [];
      const working = { set: (_: Uint8Array, row: Uint8Array) => rows.push(row) };
      configurations = new Configurations(working as unknown as WorkingRows, {
        genesis: { ...committee, faultyMax: 3 },
        verify: () => true,
        admitsKey: () => true,
      });
    });

    it("keeps the others, their order and f, and begins after the boundary", () => {
      remove({});
      const members = ten.filter((_, index) => !gone.includes(index as ReplicaIndex));
      const boundary = epochBoundary(1 as Sequence);
      expect(decided()).toBe(boundary);
      expect(configurations.beginningAfter(boundary)).toMatchObject({
        ...{ epoch: 1, faultyMax: 3, members },
      });
      expect(rows).toHaveLength(1);
    });

    it.each<[string, Partial<CheckedRemoval>, readonly number[]]>([
      ["the suspicions are too old by agreed time", { asOf: hlcAddMs(asOf, -1) }, []],
      ["they are of another epoch", { epoch: 1 as Epoch }, []],
      ["fewer than 2f+1 would stay", { members: [1, 2, 3, 4] as ReplicaIndex[] }, []],
      ["convicts who stay would leave no quorum", {}, [0, 1]],
      ["one of them is convicted", {}, [9]],
    ])("changes nothing when %s", (_, changes, convicts) => {
      remove(changes, convicts);
      expect(decided()).toBeUndefined();
      expect(rows).toEqual([]);
    });

    it("changes nothing when another change is decided", () => {
      remove({ members: gone.slice(0, 2) });
      const before = rows.length;
      remove({});
      expect(rows).toHaveLength(before);
      expect(configurations.committeeAt(1e6 as Sequence).members).toHaveLength(8);
    });

    it("is executed with the batch that carries it, after its writes", () => {
      const fixture = new Fixture();
      const fresh = hlcAddMs(fixture.state.agreedTime, 1);
      const leaving = { epoch: 0 as Epoch, members: [3] as ReplicaIndex[], asOf: fresh };
      const batch = {
        digest: new Uint8Array(32) as never,
        batch: { proposedTime: fresh, items: [] },
        writeSets: [],
        removal: leaving,
        bytes: Uint8Array.of(1),
      };
      fixture.state.execute(batch as CheckedBatch as Verified<CheckedBatch>);
      // Of four, three would stay: it is refused, and the sequence is executed all the same.
      expect(fixture.state.sequence).toBe(1);
      expect(fixture.state.epochEndOf(0 as Epoch)).toBeUndefined();
    });
  });

  it("is no writer's to order", () => {
    expect(outcomeOf(new Fixture(), order([...founders, fifth]), "ann")).toBe("NOT_ADMINISTRATOR");
  });

  it("waits for the one before: two are never under way", () => {
    const fixture = new Fixture();
    outcomeOf(fixture, order([...founders, fifth]));
    const again = order([...founders, fifth], { epoch: 2 as Epoch });
    expect(outcomeOf(fixture, again)).toBe("RECONFIGURATION_PENDING");
    fillTo(fixture, fixture.state.epochEndOf(0 as Epoch)!);
    expect(outcomeOf(fixture, order([...founders], { epoch: 2 as Epoch }))).toBe("ACCEPTED");
    expect(fixture.state.committeeAt((fixture.state.epochEndOf(EPOCH)! + 1) as Sequence)).toEqual({
      ...{ clusterId: genesis.clusterId, epoch: 2, members: founders, faultyMax: 1 },
    });
  });

  it("holds after a restart, as if there had been none", () => {
    const fixture = new Fixture();
    outcomeOf(fixture, order([...founders, fifth]));
    fixture.restart();
    expect(fixture.state.epochEndOf(0 as Epoch)).toBe(epochBoundary(1 as Sequence));
    fixture.write("ann", put("k", "x"));
  });
});

describe("quarantine at the end of an epoch", () => {
  it("follows the key, not the place", () => {
    const fixture = new Fixture();
    fixture.write("ann", administer({ action: 8, evidence: Uint8Array.of(2) }));
    // Replica 0 leaves, so that the convicted one moves to place 1.
    outcomeOf(fixture, order([...founders.slice(1), fifth]));
    fillTo(fixture, fixture.state.epochEndOf(0 as Epoch)! - 1);
    expect([...fixture.state.quarantined]).toEqual([2]);
    fixture.state.execute(undefined);
    expect([...fixture.state.quarantined]).toEqual([1 as ReplicaIndex]);
    fixture.restart();
    expect([...fixture.state.quarantined]).toEqual([1 as ReplicaIndex]);
  });

  it("ends with the membership", () => {
    const fixture = new Fixture();
    fixture.write("ann", administer({ action: 8, evidence: Uint8Array.of(0) }));
    outcomeOf(fixture, order([...founders.slice(1), fifth]));
    fillTo(fixture, fixture.state.epochEndOf(0 as Epoch)!);
    expect([...fixture.state.quarantined]).toEqual([]);
  });
});
