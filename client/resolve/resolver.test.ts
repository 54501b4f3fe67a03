import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { disguised, pigeonhole, randomClauses } from "../../proof/cnf/testing/sample-formulas.ts";
import { ProofFolder } from "./local/proof-folder.ts";
import type { ResolveMode } from "./mode.ts";
import type { ProofRecord } from "./proof-record.ts";
import type { ProofSink } from "./publish.ts";
import { Resolver } from "./resolver.ts";
import { builtInTier } from "./tiers/built-in-tier.ts";
import { localSink } from "./local/local-sink.ts";
import { lookupTier } from "./tiers/record-source.ts";
import type { RecordSource } from "./tiers/record-source.ts";
import { falsified, obligationOf, recordOf } from "./testing/formulas.ts";
import type { Tier, TierName } from "./tier.ts";

const root = mkdtempSync(join(tmpdir(), "quorate-resolve-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): ProofFolder => new ProofFolder(join(root, String(folders++)));

const PIGEONS = pigeonhole(5);
const RECORD = recordOf(PIGEONS);
const ASKED = RECORD.obligation;

function sourceOf(...records: readonly ProofRecord[]): RecordSource {
  return {
    async *records() {
      for (const record of records) yield await Promise.resolve({ record, from: "a source" });
    },
  };
}

function failing(name: TierName, isLookup: boolean): Tier {
  return { name, isLookup, try: () => Promise.reject(new Error("it is down")) };
}

/** A tier that never answers by itself. */
function silent(name: TierName, isLookup: boolean): Tier & { asked: number; ended: number } {
  const tier = {
    name,
    isLookup,
    asked: 0,
    ended: 0,
    try: ({ signal }: { readonly signal: AbortSignal }) => {
      tier.asked++;
      return new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => {
          tier.ended++;
          reject(signal.reason as Error);
        });
      });
    },
  };
  return tier;
}

function kept(): ProofSink & { readonly proofs: ProofRecord[] } {
  const proofs: ProofRecord[] = [];
  const publish = (proof: ProofRecord): Promise<void> => Promise.resolve(void proofs.push(proof));
  return { name: "kept", of: undefined, isShared: false, publish, proofs };
}

async function proved(resolver: Resolver, obligation = ASKED) {
  const resolution = await resolver.resolve(obligation);
  if (resolution.status !== "proved") throw new Error(JSON.stringify(resolution.steps));
  return resolution;
}

describe("the tiers", () => {
  const solving = builtInTier();

  it.each([
    { fails: [], tier: "network" },
    { fails: ["network"], tier: "peers" },
    { fails: ["network", "peers"], tier: "local" },
    { fails: ["network", "peers", "local"], tier: "tier1" },
  ] as const)("with $fails made to fail, $tier answers", async ({ fails, tier }) => {
    const names = ["network", "peers", "local"] as const;
    const tiers = names.map((name) =>
      fails.some((one) => one === name) ? failing(name, true) : lookupTier(name, sourceOf(RECORD)),
    );
    const resolution = await proved(new Resolver({ tiers: [...tiers, solving], sinks: [] }));
    expect(resolution).toMatchObject({ tier, grade: "checked-here", confidence: 1 });
    const failed = resolution.steps.filter(({ status }) => status === "failed");
    expect(failed.map((step) => step.tier)).toEqual(fails);
    expect(resolution.steps.at(-1)).toMatchObject({ tier, status: "found" });
  });

  it("are asked in the order that was given", async () => {
    const [network, local] = [
      lookupTier("network", sourceOf(RECORD)),
      lookupTier("local", sourceOf(RECORD)),
    ];
    expect(await proved(new Resolver({ tiers: [network, local], sinks: [] }))).toMatchObject({
      tier: "network",
    });
    expect(await proved(new Resolver({ tiers: [local, network], sinks: [] }))).toMatchObject({
      tier: "local",
    });
  });

  it("are joined by the next lookup when they are slow, and ended by its answer", async () => {
    const slow = silent("network", true);
    const tiers = [slow, lookupTier("local", sourceOf(RECORD))];
    const { tier, steps } = await proved(new Resolver({ tiers, sinks: [] }));
    expect(tier).toBe("local");
    expect(slow.ended).toBe(1);
    expect(steps.map(({ status }) => status)).toEqual(["ended", "found"]);
  });

  it("that know nothing leave it unresolved, or open where the asker allows it", async () => {
    const resolver = new Resolver({ tiers: [lookupTier("local", sourceOf())], sinks: [] });
    expect(await resolver.resolve(ASKED)).toMatchObject({ status: "unresolved" });
    const open = await resolver.resolve(obligationOf([[1, 2], [-1]]), { policy: { defer: true } });
    if (open.status !== "deferred") throw new Error(open.status);
    const holds = [0, 1, 2, 3].filter((bits) => open.holdsFor?.([bits & 1, bits >> 1]) === true);
    expect(holds).toHaveLength(1);
  });
});

describe("a wrong proof under the right key", () => {
  const wrong = falsified(RECORD);
  const other = recordOf(pigeonhole(4));

  it("is refused, and the pipeline goes on to the next tier", async () => {
    const stolen = { ...other, obligation: ASKED };
    const tiers = [
      lookupTier("network", sourceOf(wrong, other, stolen)),
      lookupTier("local", sourceOf(RECORD)),
    ];
    const resolver = new Resolver({ tiers, sinks: [] });
    const { tier, steps, proof } = await proved(resolver);
    expect({ tier, verdict: proof.verdict }).toEqual({ tier: "local", verdict: "unsat" });
    expect(steps[0]?.refused).toHaveLength(3);
    expect(resolver.counts.tier("network")).toMatchObject({ failed: 1, refused: 3 });
  });

  it("is passed over where a right one lies beside it", async () => {
    const resolver = new Resolver({
      tiers: [lookupTier("network", sourceOf(wrong, RECORD))],
      sinks: [],
    });
    expect((await proved(resolver)).steps[0]).toMatchObject({ status: "found" });
  });

  it("planted on this disk is dropped from it", async () => {
    const folder = newFolder();
    folder.put(wrong);
    const resolver = new Resolver({
      tiers: [lookupTier("local", folder), builtInTier()],
      sinks: [localSink(folder)],
    });
    const first = await proved(resolver);
    expect(first).toMatchObject({ tier: "tier1" });
    await first.published;
    const second = await proved(resolver);
    expect(second).toMatchObject({ tier: "local" });
    expect(second.steps[0]?.refused).toEqual([]);
  });
});

describe("what was found", () => {
  it("is published to whoever lacks it, and what is cheap to nobody else", async () => {
    const [own, shared] = [kept(), { ...kept(), isShared: true }];
    const resolver = new Resolver({ tiers: [builtInTier()], sinks: [own, shared] });
    const { published } = await proved(resolver, obligationOf([[1], [-1]]));
    expect(await published).toMatchObject([{ outcome: "published" }, { outcome: "not-worth-it" }]);
    expect(own.proofs).toHaveLength(1);
    expect(shared.proofs).toHaveLength(0);
  });

  it("is not carried back to where it came from", async () => {
    const sink = { ...kept(), of: "network" as const };
    const tiers = [lookupTier("network", sourceOf(RECORD))];
    const { published } = await proved(new Resolver({ tiers, sinks: [sink] }));
    expect(await published).toEqual([]);
  });

  it("stays an answer when it cannot be published", async () => {
    const broken = { ...kept(), publish: () => Promise.reject(new Error("full")) };
    const { published } = await proved(new Resolver({ tiers: [builtInTier()], sinks: [broken] }));
    expect(await published).toEqual([{ to: "kept", outcome: "failed", reason: "full" }]);
  });

  it("serves the same formula in every disguise", async () => {
    const folder = newFolder();
    folder.put(RECORD);
    const resolver = new Resolver({ tiers: [lookupTier("local", folder)], sinks: [] });
    const asked = obligationOf(disguised(PIGEONS, 7));
    expect(await proved(resolver, asked)).toMatchObject({ tier: "local" });
  });
});

describe("equal questions at one time", () => {
  it("are one search", async () => {
    const resolver = new Resolver({ tiers: [builtInTier()], sinks: [] });
    const all = await Promise.all(Array.from({ length: 5 }, () => proved(resolver)));
    expect(new Set(all.map(({ proof }) => proof)).size).toBe(1);
    expect(resolver.counts).toMatchObject({ questions: 5, shared: 4 });
  });

  it("end when the last asker leaves, and not before", async () => {
    const tier = silent("tier2", false);
    const resolver = new Resolver({ tiers: [tier], sinks: [] });
    const [one, other] = [new AbortController(), new AbortController()];
    const asks = [one, other].map(({ signal }) =>
      resolver.resolve(ASKED, { signal }).catch((error: unknown) => String(error)),
    );
    one.abort("first left");
    expect(await asks[0]).toBe("first left");
    expect(tier.ended).toBe(0);
    other.abort("second left");
    expect(await asks[1]).toBe("second left");
    expect({ asked: tier.asked, ended: tier.ended }).toEqual({ asked: 1, ended: 1 });
  });
});

describe("a mode", () => {
  const tiers = (): Tier[] => [
    lookupTier("network", sourceOf()),
    lookupTier("local", sourceOf()),
    builtInTier(),
  ];

  it.each(["read-only-enforcing", "replay"] satisfies ResolveMode[])(
    "%s makes a miss an error and starts no prover",
    async (mode) => {
      const resolver = new Resolver({ tiers: tiers(), sinks: [], mode });
      await expect(resolver.resolve(ASKED)).rejects.toMatchObject({ code: "RESOLUTION_MISS" });
      expect(resolver.counts.tier("tier1").found).toBe(0);
    },
  );

  it("offline asks no network", async () => {
    const resolver = new Resolver({ tiers: tiers(), sinks: [], mode: "offline" });
    expect((await proved(resolver)).steps.map(({ tier }) => tier)).toEqual(["local", "tier1"]);
  });

  it("read-only-enforcing publishes nothing", async () => {
    const sink = kept();
    const found = [lookupTier("network", sourceOf(RECORD))];
    const mode = "read-only-enforcing";
    const { published } = await proved(new Resolver({ tiers: found, sinks: [sink], mode }));
    expect([await published, sink.proofs]).toEqual([[], []]);
  });
});

describe("tier 1", () => {
  it("finds models and refutations, and gives up when its fuel is spent", async () => {
    const sat = obligationOf(randomClauses(1, 50, 150));
    const resolver = new Resolver({ tiers: [builtInTier()], sinks: [] });
    expect((await proved(resolver, sat)).proof.verdict).toBe("sat");
    const poor = new Resolver({ tiers: [builtInTier({ fuelMax: 1000 })], sinks: [] });
    expect(await poor.resolve(obligationOf(pigeonhole(7)))).toMatchObject({
      status: "unresolved",
      steps: [{ tier: "tier1", status: "nothing", reason: "its fuel is spent" }],
    });
  });
});

describe("the folder of proofs", () => {
  it("keeps several of one key and drops what is no record", async () => {
    const folder = newFolder();
    folder.put(RECORD);
    folder.put(falsified(RECORD));
    const found = [];
    for await (const one of folder.records(
      (await proved(new Resolver({ tiers: [builtInTier()], sinks: [] }))).key,
    ))
      found.push(one.record.obligation.kind);
    expect(found).toEqual(["cnf/1", "cnf/1"]);
    expect(folder.recent(10)).toHaveLength(2);
  });

  it("forgets what was used least when it is full", () => {
    const path = join(root, "small");
    const small = new ProofFolder(path, 1);
    small.put(RECORD);
    const shelves = readdirSync(path).filter((name) => name !== "swept");
    expect(shelves.flatMap((shelf) => readdirSync(join(path, shelf)))).toEqual([]);
  });
});
