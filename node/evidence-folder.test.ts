import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Hash } from "../base/types.ts";
import { EVIDENCE_VOTES, evidenceCodec } from "../consensus/wire/evidence.ts";
import { EvidenceFolder } from "./evidence-folder.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const clusterId = new Uint8Array(32).fill(3) as Hash;
const proofs = (number: number): readonly [Uint8Array, Uint8Array] => [
  Uint8Array.of(number),
  Uint8Array.of(number + 100),
];

describe("the evidence folder", () => {
  it("keeps each piece as a file that anybody can judge, and gives it out", () => {
    const folder = new EvidenceFolder(join(temporaryFolder(), "evidence"), clusterId);
    expect(folder.keep(1, EVIDENCE_VOTES, proofs(5))).toBe(true);
    const [piece] = folder.pieces;
    expect(piece).toMatchObject({ accused: 1 });
    expect(piece?.name).toMatch(/^author-1-[0-9a-f]{16}\.evidence$/);
    expect(evidenceCodec.decode(folder.read(piece!.name)!)).toMatchObject({
      ...{ clusterId, kind: EVIDENCE_VOTES, first: proofs(5)[0], second: proofs(5)[1] },
    });
  });

  it("keeps the same contradiction once, over restarts too", () => {
    const path = join(temporaryFolder(), "evidence");
    const keep = (pair: readonly [Uint8Array, Uint8Array]): boolean =>
      new EvidenceFolder(path, clusterId).keep(1, EVIDENCE_VOTES, pair);
    const [first, second] = proofs(5);
    expect([keep([first, second]), keep([first, second]), keep([second, first])]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("keeps evidence of each liar up to a bound, over restarts too", () => {
    const path = join(temporaryFolder(), "evidence");
    const keep = (author: number | "certificates", number: number): boolean =>
      new EvidenceFolder(path, clusterId).keep(author, EVIDENCE_VOTES, proofs(number));
    const kept = Array.from({ length: 20 }, (_, number) => keep(1, number));
    expect(kept.filter(Boolean)).toHaveLength(16);
    expect(keep(2, 0)).toBe(true);
    expect(keep("certificates", 0)).toBe(true);
    expect(new EvidenceFolder(path, clusterId).pieces).toHaveLength(18);
  });

  it("gives out nothing but its pieces, whatever is asked for", () => {
    const path = join(temporaryFolder(), "evidence");
    mkdirSync(path);
    writeFileSync(join(path, "notes.txt"), "mine");
    const folder = new EvidenceFolder(path, clusterId);
    for (const name of ["notes.txt", "../evidence/notes.txt", "", "..", "/etc/passwd"]) {
      expect(folder.read(name)).toBeUndefined();
    }
    expect(folder.pieces).toEqual([]);
    expect(readdirSync(path)).toEqual(["notes.txt"]);
  });
});
