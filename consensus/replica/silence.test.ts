import { beforeEach, describe, expect, it } from "vitest";
import { hlcMs } from "../../base/hlc.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { SUSPICION_MS_MAX } from "../limits.ts";
import { SIGNED_SUSPICION } from "../wire/certificate.ts";
import { suspicionCodec } from "../wire/removal.ts";
import type { Suspicion } from "../wire/removal.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { TestHost } from "./testing/test-host.ts";

/** n = 10, f = 3, Q = 7. */
const SILENCE_MS = 6_000;
let cluster: TestCluster;

function clusterOf(memberCount: number): TestCluster {
  cluster = new TestCluster({
    memberCount,
    seed: 5,
    timing: { silenceMs: SILENCE_MS, checkpointInterval: 4 },
  });
  for (const host of cluster.hosts) for (const other of cluster.hosts) link(host, other);
  return cluster;
}

function link(host: TestHost, other: TestHost): void {
  if (host !== other) host.step({ type: "peer-up", index: other.index });
}

/** Its process ends, and everybody else's link to it breaks. */
function kill(...indexes: readonly number[]): void {
  for (const index of indexes) cluster.host(index).crash();
  for (const host of cluster.hosts) {
    if (!host.isUp) continue;
    for (const index of indexes) host.step({ type: "peer-lost", index: index as ReplicaIndex });
  }
}

const suspicionsOf = (host: TestHost): Suspicion[] =>
  host.outputs.flatMap((output) =>
    output.type === "sign" && output.signedType === SIGNED_SUSPICION
      ? [suspicionCodec.decode(output.body)]
      : [],
  );
const anySuspicions = (): Suspicion[] => cluster.hosts.flatMap(suspicionsOf);
const removalsOf = (host: TestHost): readonly (readonly number[])[] =>
  host.application.removals.map(({ members }) => members);
const isAgreed = (): boolean =>
  cluster.correct.every((host) => removalsOf(host).length > 0) && cluster.correct.length > 0;

beforeEach(() => clusterOf(10));

describe("members that are gone for long", () => {
  it("three of ten are let go by a batch that everybody executes", () => {
    kill(7, 8, 9);
    expect(cluster.runUntil(isAgreed, 3 * SILENCE_MS)).toBe(true);
    for (const host of cluster.correct) expect(removalsOf(host)[0]).toEqual([7, 8, 9]);
    cluster.agreedRoots();
  });

  it("are let go together, though their links broke one after the other", () => {
    kill(7, 8);
    cluster.run(SILENCE_MS / 2);
    kill(9);
    expect(cluster.runUntil(isAgreed, 4 * SILENCE_MS)).toBe(true);
    for (const host of cluster.correct) expect(removalsOf(host)).toEqual([[7, 8, 9]]);
  });

  it("wait for one that comes and goes only so long", () => {
    kill(7, 8);
    const isWaitedFor = (): boolean => {
      cluster.host(9).crash();
      for (const host of cluster.correct)
        host.step({ type: "peer-lost", index: 9 as ReplicaIndex });
      cluster.run(SILENCE_MS / 4);
      cluster.host(9).boot();
      for (const host of cluster.correct) link(host, cluster.host(9));
      for (const host of cluster.correct) link(cluster.host(9), host);
      cluster.run(SILENCE_MS / 4);
      return !cluster.correct.some((host) => removalsOf(host).length > 0);
    };
    let rounds = 0;
    while (isWaitedFor() && rounds < 12) rounds++;
    expect(rounds).toBeLessThan(12);
    expect(cluster.correct.flatMap(removalsOf)[0]).toEqual([7, 8]);
  });

  it("also when the primary is among them: the next one proposes it", () => {
    kill(0, 4, 9);
    const writer = cluster.writers[0]!;
    const { bytes } = writer.put("while it is gone");
    for (const host of cluster.correct) host.submit(bytes);
    expect(cluster.runUntil(isAgreed, 3 * SILENCE_MS)).toBe(true);
    expect(removalsOf(cluster.host(1))[0]).toEqual([0, 4, 9]);
  });

  it("are suspected only once their silence was long", () => {
    kill(7, 8, 9);
    cluster.run(SILENCE_MS - 1_000);
    expect(anySuspicions()).toEqual([]);
    cluster.run(10_000);
    expect(anySuspicions().length).toBeGreaterThan(0);
    for (const { members } of anySuspicions()) expect([...members]).toEqual([7, 8, 9]);
  });

  it("one alone is not suspected: the rest would be no better off", () => {
    kill(9);
    cluster.run(3 * SILENCE_MS);
    expect(anySuspicions()).toEqual([]);
  });

  it("who comes back in time is not suspected", () => {
    kill(8, 9);
    cluster.run(SILENCE_MS - 1_000);
    for (const index of [8, 9]) {
      cluster.host(index).boot();
      for (const host of cluster.hosts) {
        link(host, cluster.host(index));
        link(cluster.host(index), host);
      }
    }
    cluster.run(2 * SILENCE_MS);
    expect(anySuspicions()).toEqual([]);
  });

  it("of four nobody is ever let go", () => {
    clusterOf(4);
    kill(3);
    cluster.run(3 * SILENCE_MS);
    expect(anySuspicions()).toEqual([]);
  });

  it("are not let go while the end of the epoch is decided: two changes are never under way", () => {
    cluster.endEpochAt(16);
    kill(7, 8, 9);
    cluster.run(2 * SILENCE_MS);
    expect(anySuspicions()).toEqual([]);
  });
});

describe("few cannot make it so", () => {
  /** Members without a link to others whom these see well. */
  function cutOff(few: readonly number[], from: readonly number[]): void {
    for (const index of few) {
      for (const other of from) {
        cluster.host(index).step({ type: "peer-lost", index: other as ReplicaIndex });
      }
    }
  }

  it("Q−1 who miss three others move nothing", () => {
    cutOff([0, 1, 2, 3, 4, 5], [7, 8, 9]);
    cluster.run(3 * SILENCE_MS);
    expect(suspicionsOf(cluster.host(0)).length).toBeGreaterThan(0);
    expect(cluster.hosts.flatMap(removalsOf)).toEqual([]);
  });

  it("who miss different ones move nothing: all Q must miss each that leaves", () => {
    cutOff([0, 1, 2], [7, 8]);
    cutOff([3, 4, 5, 6], [8, 9]);
    cluster.run(3 * SILENCE_MS);
    expect(anySuspicions().length).toBeGreaterThan(0);
    expect(cluster.hosts.flatMap(removalsOf)).toEqual([]);
  });

  it("who are cut off from all say nothing: what would stay is no cluster", () => {
    cutOff([9], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    cluster.run(2 * SILENCE_MS);
    expect(suspicionsOf(cluster.host(9))).toEqual([]);
  });

  it("old words do not count: who was missed once and is back stays", () => {
    const hurt = [7, 8, 9];
    // Six miss them; the seventh does so only when the words of the six have grown too old.
    cutOff([0, 1, 2, 3, 4, 5], hurt);
    cluster.run(SILENCE_MS + 8_000);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      for (const other of hurt) link(cluster.host(index), cluster.host(other));
    }
    cluster.run(SUSPICION_MS_MAX);
    cutOff([6], hurt);
    cluster.run(SILENCE_MS + 8_000);
    const said = suspicionsOf(cluster.host(6)).map(({ asOf }) => hlcMs(asOf));
    const before = suspicionsOf(cluster.host(0)).map(({ asOf }) => hlcMs(asOf));
    expect(Math.min(...said)).toBeGreaterThan(Math.max(...before) + SUSPICION_MS_MAX);
    expect(cluster.hosts.flatMap(removalsOf)).toEqual([]);
  });

  it("whom some see and some don't does not keep those from leaving whom all miss", () => {
    // n = 13, f = 4, Q = 9: Q miss 9, Q miss 11, Q miss 12, and only eight of them all three.
    clusterOf(13);
    for (const index of [11, 12]) cluster.host(index).crash();
    cutOff([0, 1, 2, 3, 4, 5, 6, 7], [9, 11, 12]);
    cutOff([8, 9], [11, 12]);
    cutOff([10], [9, 11]);
    expect(cluster.runUntil(isAgreed, 4 * SILENCE_MS)).toBe(true);
    for (const host of cluster.correct) expect(removalsOf(host)[0]).toEqual([11, 12]);
  });

  it("a convict is not let go: he would take his sentence with him", () => {
    for (const host of cluster.hosts) host.application.quarantined.add(9 as ReplicaIndex);
    kill(8, 9);
    cluster.run(3 * SILENCE_MS);
    expect(anySuspicions().length).toBeGreaterThan(0);
    expect(cluster.hosts.flatMap(removalsOf)).toEqual([]);
  });

  it("a primary whose clock is far behind finds nobody who believes old words with it", () => {
    const hurt = [7, 8, 9];
    cluster.host(0).clockAheadMs = -60_000;
    cutOff([0, 1, 2, 3, 4, 5], hurt);
    cluster.run(SILENCE_MS + 8_000);
    for (const index of [1, 2, 3, 4, 5]) {
      for (const other of hurt) link(cluster.host(index), cluster.host(other));
    }
    cluster.run(SUSPICION_MS_MAX);
    cutOff([6], hurt);
    cluster.run(SILENCE_MS + 8_000);
    const { dropCounts } = cluster.host(1).replica.status;
    expect(dropCounts.get("removal on old suspicions")).toBeGreaterThan(0);
    expect(cluster.hosts.flatMap(removalsOf)).toEqual([]);
  });
});
