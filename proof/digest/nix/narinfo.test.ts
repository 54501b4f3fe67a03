import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { DigestResult, StartHash } from "../artifact-kind.ts";
import { semanticDigest } from "../registry.ts";
import { nixNarinfo1, readNarinfo } from "./narinfo-kind.ts";
import { fileHashOf, fingerprintOf, parseNarinfo, storeHashOf, writeNarinfo } from "./narinfo.ts";
import { fromNixBase32 } from "./nix-base32.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};
const judge = (text: string): DigestResult => semanticDigest(startHash, nixNarinfo1, utf8(text));
const TEXT = readFileSync(new URL("./testdata/hello.narinfo", import.meta.url), "utf8");

describe("what a real Nix 2.8.0 pushes", () => {
  const info = parseNarinfo(TEXT)!;

  it("is in canonical form already", () => {
    expect(writeNarinfo(info)).toBe(TEXT);
    expect(judge(TEXT).status).toBe("digest");
  });

  it("is read in full", () => {
    expect(storeHashOf(info)).toBe("kbvbk42z5qc2j33qjfhc95a6mvpyjwc7");
    expect(fileHashOf(info).length).toBe(32);
    expect(fingerprintOf(info)).toBe(`1;${info.storePath};${info.narHash};120;`);
  });

  it("has the same meaning with anybody's signatures, once they are taken off", () => {
    const signed = `${TEXT}Sig: a:b\nSig: c:d\n`;
    expect(judge(signed).status).toBe("refused");
    expect(writeNarinfo(parseNarinfo(signed)!)).toBe(TEXT);
  });
});

describe("a narinfo that is none", () => {
  it.each([
    ["nothing", ""],
    ["a field twice", `${TEXT}NarSize: 7\n`],
    ["no hash", TEXT.replace(/^FileHash.*\n/m, "")],
    ["another hash's file", TEXT.replace("URL: nar/1", "URL: nar/0")],
    ["a path elsewhere", TEXT.replace("URL: nar/", "URL: ../nar/")],
    ["no size", TEXT.replace(/^NarSize.*\n/m, "NarSize: 0\n")],
    ["a line that is no field", `${TEXT}EVIL\n`],
  ])("of %s is refused", (_what, text) => {
    expect(judge(text).status).toBe("refused");
  });

  it("of any text is refused or stays as it is, never a crash", () => {
    const lines = TEXT.split("\n");
    const some = fc.array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 12 });
    fc.assert(
      fc.property(some, (parts) => {
        const found = readNarinfo(utf8(parts.join("\n")));
        if (found !== undefined) expect(judge(writeNarinfo(found)).status).toBe("digest");
      }),
    );
  });
});

describe("Nix's base 32", () => {
  it.each([
    ["sha256 of nothing", "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"],
    ["one byte", "0z"],
  ])("%s", (what, text) => {
    const expected = what === "one byte" ? "1f" : toHex(startHash().finish());
    expect(toHex(fromNixBase32(text, expected.length / 2)!)).toBe(expected);
  });

  it.each([
    ["too short", "0"],
    ["a letter that is no digit", "0e"],
    ["bits beyond the end", "zz"],
  ])("%s is none", (_what, text) => {
    expect(fromNixBase32(text, 1)).toBeUndefined();
  });
});
