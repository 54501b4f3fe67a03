import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { compareBytes } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { mapProofCodec } from "../wire/receipt.ts";
import type { MapProof } from "../wire/receipt.ts";
import { verifyMapProof } from "./map-proof.ts";
import { AuthenticatedMap } from "./trie.ts";
import type { MapVersion } from "./trie.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

function mapOf(keys: readonly Uint8Array[]): { map: AuthenticatedMap; version: MapVersion } {
  const map = new AuthenticatedMap(hash);
  for (const key of keys) map.set(key, hash(key));
  return { map, version: map.commit() };
}

const keyOf = (prng: Prng): Uint8Array => {
  const bytes = prng.bytes(MAP_KEY_SIZE);
  bytes[0] = 1;
  return bytes;
};

const keys: fc.Arbitrary<Uint8Array[]> = fc.uniqueArray(
  fc
    .tuple(fc.nat(255), fc.constantFrom(0, 1, 2, 128))
    .map(([first, last]) => new Uint8Array(MAP_KEY_SIZE).fill(first, 1, 2).fill(last, 32)),
  { comparator: (left, right) => compareBytes(left, right) === 0, maxLength: 40 },
);

describe("a proof shows", () => {
  it("presence of every key of the map and absence of every other", () => {
    fc.assert(
      fc.property(keys, keys, (members, others) => {
        const { map, version } = mapOf(members);
        for (const key of [...members, ...others]) {
          const proof = map.prove(version, key);
          const member = members.some((each) => compareBytes(each, key) === 0);
          expect(verifyMapProof(hash, version.root, key, proof)).toEqual(
            member ? { present: true, rowHash: hash(key) } : { present: false },
          );
        }
      }),
    );
  });

  it("the same after it went over the wire", () => {
    const prng = new Prng(1);
    const members = Array.from({ length: 50 }, () => keyOf(prng));
    const { map, version } = mapOf(members);
    const proof = mapProofCodec.decode(mapProofCodec.encode(map.prove(version, members[3]!)));
    expect(verifyMapProof(hash, version.root, members[3]!, proof)?.present).toBe(true);
  });

  it("absence in the empty map, and nothing of the kind in any other", () => {
    const empty = mapOf([]);
    const one = mapOf([new Uint8Array(MAP_KEY_SIZE)]);
    const key = new Uint8Array(MAP_KEY_SIZE).fill(9);
    const proof = empty.map.prove(empty.version, key);
    expect(verifyMapProof(hash, empty.version.root, key, proof)).toEqual({ present: false });
    expect(verifyMapProof(hash, one.version.root, key, proof)).toBeUndefined();
  });
});

describe("no proof shows anything", () => {
  const prng = new Prng(11);
  const members = Array.from({ length: 60 }, () => keyOf(prng));
  const { map, version } = mapOf(members);
  const member = members[7]!;
  const stranger = keyOf(prng);

  const refusesTampering = (key: Uint8Array): void => {
    const proof = map.prove(version, key);
    const bytes = mapProofCodec.encode(proof);
    for (let index = 0; index < bytes.length; index++) {
      for (const flip of [1, 0x80]) {
        const changed = bytes.slice();
        changed[index]! ^= flip;
        const decoded = mapProofCodec.tryDecode(changed);
        if (decoded === undefined) continue;
        expect(verifyMapProof(hash, version.root, key, decoded)).toBeUndefined();
      }
    }
  };

  it("with any byte changed, of presence", () => refusesTampering(member));
  it("with any byte changed, of absence", () => refusesTampering(stranger));

  const variants = (proof: MapProof): [string, MapProof][] => [
    ...proof.steps.map((_step, at): [string, MapProof] => [
      `step ${at} dropped`,
      { ...proof, steps: proof.steps.filter((_each, index) => index !== at) },
    ]),
    ...proof.steps.map((step, at): [string, MapProof] => [
      `step ${at} repeated`,
      { ...proof, steps: proof.steps.toSpliced(at, 0, step) },
    ]),
    ["reversed", { ...proof, steps: proof.steps.toReversed() }],
    ["cut to the leaf", { ...proof, steps: [] }],
    ["without its leaf", { leafKey: undefined, leafRowHash: undefined, steps: proof.steps }],
    ["without its row hash", { ...proof, leafRowHash: undefined }],
    ["a bit that is no bit", { ...proof, steps: [{ ...proof.steps[0]!, bit: 999 }] }],
    ["a short sibling", { ...proof, steps: [{ bit: 9, sibling: new Uint8Array(3) as Hash }] }],
  ];
  it.each(variants(map.prove(version, member)))("about a member: %s", (_name, proof) => {
    expect(verifyMapProof(hash, version.root, member, proof)).toBeUndefined();
  });
  it.each(variants(map.prove(version, stranger)))("about a stranger: %s", (_name, proof) => {
    expect(verifyMapProof(hash, version.root, stranger, proof)).toBeUndefined();
  });

  it("of a member's absence, whichever leaf is shown in its place", () => {
    for (const other of members) {
      if (other === member) continue;
      const verdict = verifyMapProof(hash, version.root, member, map.prove(version, other));
      expect(verdict).toBeUndefined();
    }
  });

  it("of a stranger's presence or absence by a leaf that its bits do not lead to", () => {
    const reached = map.prove(version, stranger).leafKey!;
    for (const other of members) {
      if (compareBytes(other, reached) === 0) continue;
      expect(
        verifyMapProof(hash, version.root, stranger, map.prove(version, other)),
      ).toBeUndefined();
    }
  });

  it("about a key of another size", () => {
    expect(
      verifyMapProof(hash, version.root, member.subarray(1), map.prove(version, member)),
    ).toBeUndefined();
  });
});
