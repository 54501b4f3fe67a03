import { describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { sha256 } from "../metamath/testing/small-database.ts";
import { KnownTheories } from "./known-theories.ts";
import { Theory } from "./theory.ts";
import {
  THEORY_AXIOM_COUNT_MAX,
  THEORY_WORDS_BYTES_MAX,
  decodeTheoryWords,
  encodeTheoryWords,
} from "./theory-words.ts";
import type { TheoryWords } from "./theory-words.ts";

const theoryOf = (...names: string[]): Theory =>
  new Theory(names.map((name) => sha256(utf8(name))));
const digestOf = (theory: Theory): TheoryWords => ({
  ...{ type: "digest", digest: theory.digest(sha256) },
});

describe("what a proof may assume, in a question", () => {
  const theory = theoryOf("a", "b", "c");

  it("comes as it went", () => {
    expect(decodeTheoryWords(encodeTheoryWords({ type: "any" }))).toEqual({ type: "any" });
    const digest = digestOf(theory);
    expect(decodeTheoryWords(encodeTheoryWords(digest))).toEqual(digest);
    const words = decodeTheoryWords(encodeTheoryWords({ type: "axioms", theory }));
    if (words?.type !== "axioms") throw new Error("other words");
    expect(words.theory.axioms.map(toHex)).toEqual(theory.axioms.map(toHex));
  });

  const [low, middle, high] = theory.axioms;
  it.each([
    ["nothing", new Uint8Array(0)],
    ["a type that there is not", Uint8Array.of(3)],
    ["more than there is to say", Uint8Array.of(0, 0)],
    ["half a digest", concatBytes(Uint8Array.of(1), low!.subarray(0, 16))],
    ["an axiom too few", concatBytes(Uint8Array.of(2, 3), low!, middle!)],
    ["axioms out of order", concatBytes(Uint8Array.of(2, 2), high!, low!)],
    ["an axiom twice", concatBytes(Uint8Array.of(2, 2), low!, low!)],
    ["a count that lies", Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ])("is not %s", (_what, bytes) => expect(decodeTheoryWords(bytes)).toBeUndefined());

  it("has room for every axiom that may be named", () => {
    const numbered = Array.from({ length: THEORY_AXIOM_COUNT_MAX }, (_, at) => {
      const axiom = new Uint8Array(32) as Hash;
      new DataView(axiom.buffer).setUint32(0, at);
      return axiom;
    });
    const bytes = encodeTheoryWords({ type: "axioms", theory: new Theory(numbered) });
    expect(bytes.length).toBeLessThanOrEqual(THEORY_WORDS_BYTES_MAX);
    expect(decodeTheoryWords(bytes)?.type).toBe("axioms");
    const more = new Theory([...numbered, sha256(utf8("one more"))]);
    expect(decodeTheoryWords(encodeTheoryWords({ type: "axioms", theory: more }))).toBeUndefined();
  });
});

describe("theories that were named once", () => {
  it("are known by their digests", () => {
    const known = new KnownTheories(sha256);
    const theory = theoryOf("a");
    expect(known.meantBy({ type: "any" })).toBe("any");
    expect(known.meantBy(digestOf(theory))).toBe("unknown");
    expect(known.meantBy({ type: "axioms", theory })).toBe(theory);
    expect(known.meantBy(digestOf(theory))).toBe(theory);
    expect(known.meantBy(digestOf(theoryOf("b")))).toBe("unknown");
  });

  it("are forgotten, the least recently asked for first, when there is no room", () => {
    const known = new KnownTheories(sha256, 7);
    const [one, two, three] = [theoryOf("a", "b"), theoryOf("c", "d"), theoryOf("e", "f")];
    known.meantBy({ type: "axioms", theory: one });
    known.meantBy({ type: "axioms", theory: two });
    expect(known.meantBy(digestOf(one))).toBe(one);
    known.meantBy({ type: "axioms", theory: three });
    expect(known.meantBy(digestOf(two))).toBe("unknown");
    expect(known.meantBy(digestOf(one))).toBe(one);
    // One that has no room at all serves the question that brings it.
    const large = theoryOf("a", "b", "c", "d", "e", "f", "g");
    expect(known.meantBy({ type: "axioms", theory: large })).toBe(large);
    expect(known.meantBy(digestOf(large))).toBe("unknown");
  });
});
