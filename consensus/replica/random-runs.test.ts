import { describe, expect, it } from "vitest";
import { buildEvidence } from "../evidence/build-evidence.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import { VOTE_PRE_PREPARE } from "../wire/certificate.ts";
import type { Vote } from "../wire/certificate.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { VoteForger } from "./testing/test-host.ts";
import { sha256, tableCrypto } from "./testing/table-crypto.ts";

/** Shows every other peer other digests: prepares, commits and, as primary, pre-prepares. */
function equivocator(cluster: TestCluster): VoteForger {
  return (to: ReplicaIndex, votes: readonly Vote[]) => {
    if (cluster.prng.chance(0.2)) return [];
    if (to % 2 === 0 || cluster.prng.chance(0.5)) return votes;
    return votes.map((vote) => {
      const keep = vote.type !== VOTE_PRE_PREPARE && cluster.prng.chance(0.5);
      return keep ? vote : { ...vote, digest: sha256(vote.digest) };
    });
  };
}

interface Plan {
  readonly memberCount: number;
  readonly liarCount: number;
  readonly seed: number;
  readonly crashes: boolean;
}

/** More in a soak: QUORATE_SEEDS=200. */
const SEED_COUNT = Number(process.env["QUORATE_SEEDS"] ?? 6);

const plans: Plan[] = [];
for (const [memberCount, liarCount] of [
  [4, 0],
  [4, 1],
  [5, 1],
  [7, 2],
] as const) {
  for (let seed = 1; seed <= SEED_COUNT; seed++) {
    plans.push({ memberCount, liarCount, seed, crashes: liarCount === 0 || seed % 2 === 0 });
  }
}

/** Storm: loss, duplicates, reordering, crashes, equivocation. */
function storm(cluster: TestCluster, { crashes, liarCount }: Plan): Uint8Array[] {
  const submitted: Uint8Array[] = [];
  const { prng, weather } = cluster;
  weather.lossProbability = 0.1;
  weather.duplicateProbability = 0.1;
  weather.delayMsMin = 1;
  weather.delayMsMax = 40;
  for (let round = 0; round < 40; round++) {
    const writer = cluster.writers[prng.below(cluster.writers.length)]!;
    const { bytes } = writer.put(`value ${submitted.length}`, { inline: prng.chance(0.7) });
    submitted.push(bytes);
    for (const host of cluster.hosts) if (prng.chance(0.7)) host.submit(bytes);
    cluster.run(10 + prng.below(60));
    if (!crashes || !prng.chance(0.15)) continue;
    const down = cluster.hosts.filter((host) => !host.isUp);
    if (down.length > 0) down[0]!.boot();
    else if (liarCount === 0 || prng.chance(0.5)) {
      cluster.host(liarCount + prng.below(cluster.hosts.length - liarCount)).crash();
    }
  }
  return submitted;
}

/** What correct replicas hold against others, each piece judged as a stranger would. */
function accusedBy(cluster: TestCluster): readonly (readonly number[])[] {
  const { committee } = cluster;
  return cluster.correct.flatMap((host) =>
    host.outputs.flatMap((output) => {
      if (output.type !== "evidence") return [];
      const file = buildEvidence(committee.clusterId, output.kind, output.proofs);
      const verdict = verifyEvidence(tableCrypto, committee, file);
      if (!verdict.valid) throw new Error(`evidence that proves nothing: ${verdict.reason}`);
      expect(verdict.accused).toEqual([output.author]);
      return [verdict.accused];
    }),
  );
}

/** Runs in which a liar was convicted; not each liar shows one correct replica both faces. */
let convictedRuns = 0;

describe("whatever the network and f liars do", () => {
  it.each(plans)(
    "n=$memberCount liars=$liarCount crashes=$crashes seed=$seed",
    { timeout: 60_000 },
    (plan) => {
      const { memberCount, liarCount, seed } = plan;
      const cluster = new TestCluster({ memberCount, seed: seed * 1000 + memberCount });
      for (let index = 0; index < liarCount; index++) {
        cluster.host(index).forger = equivocator(cluster);
      }
      const submitted = storm(cluster, plan);
      // Healing: everybody up, every frame delivered, clients submit again.
      Object.assign(cluster.weather, {
        lossProbability: 0,
        duplicateProbability: 0,
        delayMsMin: 1,
        delayMsMax: 5,
      });
      for (const host of cluster.hosts) if (!host.isUp) host.boot();
      const everything = (): boolean => {
        const names = submitted.map((bytes) => sha256(bytes)).length;
        return cluster.correct.every((host) => host.application.executedIdentities.size >= names);
      };
      let healed = false;
      for (let attempt = 0; attempt < 12 && !healed; attempt++) {
        for (const bytes of submitted) for (const host of cluster.hosts) host.submit(bytes);
        healed = cluster.runUntil(everything, 3000);
      }
      if (!healed) {
        throw new Error(
          JSON.stringify(
            cluster.hosts.map((host) => host.replica.status),
            null,
            1,
          ),
        );
      }
      cluster.run(2500);
      const accused = new Set(accusedBy(cluster).flat());
      expect([...accused].filter((index) => index >= liarCount)).toEqual([]);
      convictedRuns += accused.size > 0 ? 1 : 0;
      expect(cluster.agreedRoots().size).toBeGreaterThan(0);
      const sequences = cluster.correct.map((host) => host.replica.status.sequence);
      expect(new Set(sequences).size).toBe(1);
      for (const host of cluster.correct) {
        expect(host.replica.status).toMatchObject({ halted: false, amnesia: undefined });
        expect(host.replica.status.divergedCount).toBe(0);
        expect(host.replica.status.dropCounts.get("statement refused by safety")).toBeUndefined();
        expect(host.replica.status.certified).toBe(host.replica.status.sequence);
      }
    },
  );

  it("convicted liars in most runs that had any", () => {
    expect(convictedRuns).toBeGreaterThan(plans.filter((plan) => plan.liarCount > 0).length / 2);
  });
});
