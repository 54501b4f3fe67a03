import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import { allTargets } from "./all-targets.ts";
import { fuzzTarget } from "./fuzz-target.ts";
import { mutate } from "./mutate.ts";

/** The slice of `npm run fuzz` that every test run takes; the same inputs each time. */
const INPUT_COUNT = 200_000;

const targets = allTargets();

describe("every decoder refuses in its own way, and keeps its laws", () => {
  const share = Math.ceil(INPUT_COUNT / targets.length);
  it.each(targets.map((target, index) => [target.name, target, index] as const))(
    "%s",
    async (_name, target, index) => {
      const report = await fuzzTarget(target, { inputCount: share, prng: new Prng(1000 + index) });
      expect(report.inputCount).toBeGreaterThanOrEqual(share);
      expect(report.findings.map(({ what, input }) => `${what}: ${toHex(input)}`)).toEqual([]);
    },
  );

  it("and all message types are among them", () => {
    const names = targets.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("wire ")).length).toBeGreaterThan(45);
    expect(new Set(names).size).toBe(names.length);
    const bare = targets.filter(({ seeds }) => seeds.length === 0).map(({ name }) => name);
    expect(bare).toEqual(["receipt", "evidence", "hello"]);
  });
});

describe("the loop itself", () => {
  it("finds a decoder that crashes, and one that changes its input", async () => {
    const prng = new Prng(5);
    const crash = await fuzzTarget(
      {
        name: "crash",
        seeds: [Uint8Array.of(1, 2, 3, 4)],
        feed: (input) => {
          if (input[0] === 1 && input.length > 6) throw new RangeError("too long");
          return true;
        },
      },
      { inputCount: 2000, prng },
    );
    expect(crash.findings.map(({ what }) => what)).toEqual(["RangeError: too long"]);
    const change = await fuzzTarget(
      { name: "change", seeds: [], feed: (input) => input.fill(1).length > 0 },
      { inputCount: 50, prng },
    );
    expect(change.findings.map(({ what }) => what)).toEqual(["the input itself was changed"]);
  });

  it("says when a seed starts nowhere", async () => {
    const target = { name: "bad seed", seeds: [Uint8Array.of(1)], feed: () => false };
    const { findings } = await fuzzTarget(target, { inputCount: 1, prng: new Prng(1) });
    expect(findings.map(({ what }) => what)).toEqual(["a seed was refused"]);
  });

  it("mutates the same way from the same seed, within the bound of size", () => {
    const seed = new Uint8Array(4000).fill(7);
    const [one, other] = [new Prng(3), new Prng(3)];
    for (let round = 0; round < 500; round++) {
      const mutated = mutate(seed, seed, one);
      expect(mutated).toEqual(mutate(seed, seed, other));
      expect(mutated.length).toBeLessThanOrEqual(4096);
    }
  });
});
