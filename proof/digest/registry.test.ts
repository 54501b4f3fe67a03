import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hash } from "../../base/types.ts";
import type { StartHash } from "./artifact-kind.ts";
import { kindIds, kindOf, kindOfBody, mutabilityOf, semanticDigest } from "./registry.ts";
import { raw1 } from "./raw/raw-1.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

describe("the registry of kinds", () => {
  it("names each kind with its version and its mutability", () => {
    expect(kindIds().map((id) => `${id} ${mutabilityOf(id)}`)).toEqual([
      "raw/1 immutable",
      "ccache-result/1 immutable",
      "ccache-manifest/1 versioned",
      "turbo-artifact/1 immutable",
      "nx-artifact/1 immutable",
      "gradle-artifact/1 immutable",
      "action-result/1 versioned",
      "nix-narinfo/1 immutable",
      "lease/1 versioned",
      "metamath/1 proved",
      "cnf/1 proved",
    ]);
    for (const id of kindIds()) expect(kindOf(id)?.id).toBe(id);
  });

  it("knows nothing of a kind that does not exist", () => {
    expect(kindOf("raw/2")).toBeUndefined();
    expect(mutabilityOf("__proto__")).toBeUndefined();
  });

  it.each([
    ["nothing", [], "raw/1"],
    ["three bytes", [0xcc, 0xac, 1], "raw/1"],
    ["a result", [0xcc, 0xac, 1, 0], "ccache-result/1"],
    ["a manifest", [0xcc, 0xac, 1, 1], "ccache-manifest/1"],
    ["an unknown type", [0xcc, 0xac, 1, 2], "raw/1"],
    ["a later format", [0xcc, 0xac, 2, 0], "raw/1"],
  ])("takes a body that begins with %s for %s", (_what, head, id) => {
    expect(kindOfBody(Uint8Array.from(head)).id).toBe(id);
  });
});

describe("raw/1", () => {
  it("is the SHA-256 of the bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const digester = raw1.startDigest(startHash);
        digester.update(bytes.subarray(0, cut));
        digester.update(bytes.subarray(cut));
        const expected = new Uint8Array(createHash("sha256").update(bytes).digest());
        expect(digester.finish()).toEqual({ status: "digest", digest: expected });
        expect(semanticDigest(startHash, raw1, bytes)).toEqual({
          status: "digest",
          digest: expected,
        });
      }),
    );
  });
});
