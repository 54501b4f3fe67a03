import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { DigestResult, StartHash } from "../artifact-kind.ts";
import { semanticDigest } from "../registry.ts";
import { GRADLE_RULES, NX_RULES, gradleArtifact1, nxArtifact1 } from "./archive-kinds.ts";
import type { ArchiveRules } from "./archive-rules.ts";
import { CanonicalTar } from "./canonical-tar.ts";
import { writeHeader } from "./tar-header.ts";
import type { TarEntry } from "./tar-header.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

function load(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`./testdata/${name}.bin`, import.meta.url)));
}

/** As a gateway does it before it publishes a body. */
function canonical(rules: ArchiveRules, body: Uint8Array, level = 6): Uint8Array {
  return gzipSync(canonicalTar(rules, gunzipSync(body)), { level });
}

function canonicalTar(rules: ArchiveRules, tar: Uint8Array, pieceSize = tar.length): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new CanonicalTar(rules, { bytes: (piece) => parts.push(piece.slice()) });
  for (let at = 0; at < tar.length; at += pieceSize) {
    writer.push(tar.subarray(at, at + pieceSize));
  }
  writer.finish();
  return concatBytes(...parts);
}

function reason(result: DigestResult): string {
  return result.status === "refused" ? result.reason : "accepted";
}

const nx = (body: Uint8Array): DigestResult => semanticDigest(startHash, nxArtifact1, body);

const KINDS = [
  ["nx", NX_RULES, nxArtifact1],
  ["gradle", GRADLE_RULES, gradleArtifact1],
] as const;

describe.each(KINDS)("%s: two honest cold builds", (name, rules, kind) => {
  const first = load(`${name}.first-build`);
  const second = load(`${name}.second-build`);

  it("differ in bytes, and as they come have no digest", () => {
    expect(first).not.toEqual(second);
    expect(reason(semanticDigest(startHash, kind, first))).toMatch(/plain|canonical/);
  });

  it("agree in meaning, however each is compressed", () => {
    const digests = [
      canonical(rules, first),
      canonical(rules, second, 1),
      canonical(rules, second, 0),
    ].map((body) => semanticDigest(startHash, kind, body));
    expect(digests[0]?.status).toBe("digest");
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[2]).toEqual(digests[0]);
  });

  it("are rewritten once, and stay as they are then, in pieces of any size", () => {
    const tar = canonicalTar(rules, gunzipSync(first));
    expect(canonicalTar(rules, tar)).toEqual(tar);
    expect(canonicalTar(rules, gunzipSync(first), 77)).toEqual(tar);
  });

  it("leave nothing of machine, user and time in what is kept", () => {
    const text = Buffer.from(canonicalTar(rules, gunzipSync(first))).toString("latin1");
    expect(text).not.toMatch(/first-checkout|npm warn|userName=r|UTC/);
  });
});

/** An archive in canonical form, but for what a test does to it. */
function pack(members: readonly (readonly [Partial<TarEntry>, string])[]): Uint8Array {
  const blocks = members.flatMap(([entry, content]) => {
    const bytes = utf8(content);
    const whole = {
      type: "file",
      mode: 0o644,
      target: "",
      size: bytes.length,
      path: "a",
      ...entry,
    };
    const padding = new Uint8Array((512 - (bytes.length % 512)) % 512);
    return [writeHeader(whole as TarEntry), bytes, padding];
  });
  return concatBytes(...blocks, new Uint8Array(1024));
}

const CODE = [{ path: "code", mode: 0 }, "\0\0\0\0"] as const;
const nxTar = (...members: readonly (readonly [Partial<TarEntry>, string])[]): DigestResult =>
  nx(gzipSync(pack([...members, CODE])));

describe("the meaning of an archive", () => {
  const honest = nxTar([{ path: "out/x" }, "x"], [{ path: "out/y" }, "y"]);

  it("does not depend on the order of its members", () => {
    expect(honest.status).toBe("digest");
    expect(nxTar([{ path: "out/y" }, "y"], [{ path: "out/x" }, "x"])).toEqual(honest);
  });

  it.each([
    ["content", nxTar([{ path: "out/x" }, "X"], [{ path: "out/y" }, "y"])],
    ["a path", nxTar([{ path: "out/z" }, "x"], [{ path: "out/y" }, "y"])],
    ["a mode", nxTar([{ path: "out/x", mode: 0o755 }, "x"], [{ path: "out/y" }, "y"])],
    ["swapped contents", nxTar([{ path: "out/x" }, "y"], [{ path: "out/y" }, "x"])],
    ["a member more", nxTar([{ path: "out/x" }, "x"], [{ path: "out/y" }, "y"], [{}, ""])],
    [
      "a type",
      nxTar([{ path: "out/x", type: "symlink", target: "q" }, ""], [{ path: "out/y" }, "y"]),
    ],
  ])("depends on %s", (_what, other) => {
    expect(other.status).toBe("digest");
    expect(other).not.toEqual(honest);
  });

  it("depends on every byte of a long name and of a long target", () => {
    const long = "n".repeat(300);
    const one = nxTar([{ path: `${long}a`, type: "symlink", target: `${long}b` }, ""]);
    expect(one.status).toBe("digest");
    expect(nxTar([{ path: `${long}a`, type: "symlink", target: `${long}c` }, ""])).not.toEqual(one);
  });
});

describe("an archive that is refused", () => {
  const good = gunzipSync(canonical(NX_RULES, load("nx.first-build")));
  const dated = new Uint8Array(good);
  dated.set(utf8("00000000001"), 136);
  it.each([
    ["of nothing", new Uint8Array(0), /cut off/],
    ["that is no gzip", good, /plain/],
    ["that dates a member", gzipSync(resealed(dated)), /canonical/],
    ["without a code", gzipSync(pack([[{}, "x"]])), /missing/],
    [
      "with another log",
      gzipSync(pack([[{ path: "terminalOutput" }, "\u001b[2J"], CODE])),
      /canonical/,
    ],
    ["cut off", gzipSync(good.subarray(0, -1024)), /cut off/],
    ["with something behind its end", gzipSync(concatBytes(good, good)), /follows/],
    [
      "with more zeros behind its end",
      gzipSync(concatBytes(good, new Uint8Array(512))),
      /canonical/,
    ],
    ["that climbs out", gzipSync(pack([[{ path: "../x" }, ""], CODE])), /elsewhere/],
    ["with an absolute path", gzipSync(pack([[{ path: "/etc/x" }, ""], CODE])), /elsewhere/],
    ["with a path twice", gzipSync(pack([[{}, "x"], [{}, "y"], CODE])), /one path/],
    [
      "that writes through a link",
      gzipSync(pack([[{ type: "symlink", target: "/etc" }, ""], [{ path: "a/x" }, "x"], CODE])),
      /leads through/,
    ],
    [
      "that makes a link of a folder in use",
      gzipSync(pack([[{ path: "a/x" }, "x"], [{ type: "symlink", target: "/etc" }, ""], CODE])),
      /leads through/,
    ],
  ])("%s", (_what, body, why) => {
    expect(reason(nx(body))).toMatch(why);
  });

  it("is refused, never a crash, when it is garbage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        expect(nx(gzipSync(bytes)).status).toBe("refused");
      }),
    );
  });

  it("is refused with any byte changed that matters", () => {
    const honest = nx(gzipSync(good));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = new Uint8Array(good);
        changed[at] = changed[at]! ^ flip;
        expect(nx(gzipSync(changed))).not.toEqual(honest);
      }),
      { numRuns: 300 },
    );
  });
});

function resealed(tar: Uint8Array): Uint8Array {
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.set(utf8(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return tar;
}
