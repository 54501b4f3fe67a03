import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { utf8 } from "../../base/bytes.ts";
import { writeHeader } from "../digest/archive/tar-header.ts";
import { differenceOf } from "./difference.ts";
import { partsOf } from "./parts.ts";
import { differingRegions } from "./regions.ts";
import { unzstd } from "./unzstd.ts";

const causeOf = (left: string, right: string): string | undefined =>
  differenceOf("raw/1", utf8(left), utf8(right)).cause;

describe("the likely cause of a difference", () => {
  it.each([
    ["a time of day", "built at 12:01:22 today", "built at 12:03:19 today", "timestamp"],
    ["a date", "// 2026-11-21T12:01:22Z", "// 2026-11-22T02:00:01Z", "timestamp"],
    ["__DATE__", "made Nov 21 2026.", "made Dec  1 2026.", "timestamp"],
    ["seconds since 1970", '{"at":1795228800}', '{"at":1795315201}', "timestamp"],
    ["a folder", "src=/home/ann/p/main.c:4", "src=/builds/42/p/main.c:4", "absolute path"],
    ["a folder and a time", "/home/ann/p 10:00:00", "/var/b/p 10:00:01", "absolute path"],
    ["lines that trade places", "one\ntwo\nthree\n", "two\none\nthree\n", "order"],
    ["words that do", "deps: a.h b.h c.h", "deps: c.h b.h a.h", "order"],
    ["a made-up name", "id=3f2a9c4d11ee8b07;", "id=90b1e2d45f67a8c3;", "random seed"],
    [
      "a UUID",
      "8f14e45f-ceea-467f-a8d2-92d5e1f1a2b3",
      "c9f0f895-fb98-4b91-9a3e-13c2d4e5f6a7",
      "random seed",
    ],
    [
      "a version",
      "GCC: (Debian 12.2.0-14) 12.2.0",
      "GCC: (Debian 12.3.1-2) 12.3.1",
      "input outside the key",
    ],
    ["who built", "by ann@laptop-3 for you", "by ci@runner-17 for you", "input outside the key"],
    ["other words", "return check(password);", "return true; // hello there", "poisoning"],
    ["something more", "run();", "run();fetch(elsewhere);", "poisoning"],
  ])("%s", (_what, left, right, cause) => expect(causeOf(left, right)).toBe(cause));

  it("is a time when a number is one, as programs write them", () => {
    const [left, right] = [new Uint8Array(64).fill(7), new Uint8Array(64).fill(7)];
    new DataView(left.buffer).setUint32(20, 1_795_228_800, true);
    new DataView(right.buffer).setUint32(20, 1_795_229_911, true);
    expect(differenceOf("raw/1", left, right).cause).toBe("timestamp");
  });

  it("is poisoning when code differs, whatever else does", () => {
    const left = Buffer.concat([
      Buffer.from("at 12:01:22 "),
      Buffer.of(0, 0, 0, 0, 0, 0xb8, 41, 0, 0xc3),
    ]);
    const right = Buffer.concat([
      Buffer.from("at 12:04:00 "),
      Buffer.of(0, 0, 0, 0, 0, 0xb8, 42, 0, 0xc3),
    ]);
    const { cause, findings } = differenceOf("raw/1", left, right);
    expect(cause).toBe("poisoning");
    expect(findings.map((finding) => finding.cause)).toEqual(["poisoning", "timestamp"]);
  });

  it("is not told of what cannot be opened", () => {
    const broken = utf8("no archive");
    expect(differenceOf("nx-artifact/1", broken, utf8("nor this"))).toEqual({
      ...{ cause: undefined, findings: [] },
    });
  });
});

describe("archives", () => {
  function archive(members: readonly (readonly [string, string])[]): Uint8Array {
    const blocks = members.flatMap(([path, content]) => {
      const size = content.length;
      const header = writeHeader({ path, type: "file", mode: 0o644, target: "", size });
      const padded = Buffer.alloc(512 * Math.ceil(size / 512));
      padded.write(content);
      return [header, padded];
    });
    const packed = gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 9 });
    packed.set([0, 0xff].slice(0, 1), 8);
    return new Uint8Array(packed);
  }

  it("are compared member by member, whatever their order", () => {
    const left = archive([
      ["a.js", "let a=1"],
      ["b.js", "// 12:00:00"],
    ]);
    const right = archive([
      ["b.js", "// 12:00:59"],
      ["a.js", "let a=1"],
    ]);
    const { cause, findings } = differenceOf("nx-artifact/1", left, right);
    expect(cause).toBe("timestamp");
    expect(findings).toMatchObject([{ where: "b.js", left: "// 12:00:00", right: "// 12:00:59" }]);
  });

  it("show a member that only one has", () => {
    const left = archive([["a.js", "let a=1"]]);
    const right = archive([
      ["a.js", "let a=1"],
      ["evil.js", "x"],
    ]);
    const { cause, findings } = differenceOf("nx-artifact/1", left, right);
    expect(cause).toBe("poisoning");
    expect(findings.map(({ where }) => where)).toContain("evil.js");
  });
});

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../digest/ccache/testdata/${name}`, import.meta.url)));

describe("what ccache stores", () => {
  it.each(["result-plain-short", "result-zstd-short", "result-zstd-long"])(
    "%s: object file and dependencies come out, section by section",
    (name) => {
      const parts = partsOf("ccache-result/1", fixture(`${name}.first-build.bin`));
      const names = parts?.map((part) => part.name) ?? [];
      expect(names).toContain("object (header)");
      expect(names).toContain("object .text");
      const again = partsOf("ccache-result/1", fixture(`${name}.second-build.bin`));
      expect(again?.map((part) => part.bytes)).toEqual(parts?.map((part) => part.bytes));
    },
  );

  it("that is cut short is refused, at every length", () => {
    const whole = fixture("result-zstd-short.first-build.bin");
    for (let size = 0; size < whole.length; size += 13) {
      expect(() => partsOf("ccache-result/1", whole.subarray(0, size))).not.toThrow();
    }
  });
});

describe("Zstandard", () => {
  // Made by zstd 1.5.4.
  const SAMPLES = readFileSync(new URL("./testdata/zstd-samples.txt", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(" ") as [string, string, string]);

  it.each(SAMPLES)("level %s: every byte of %s", (_level, content, packed) => {
    const expected = contentOf(content);
    expect(Buffer.from(unzstd(Buffer.from(packed, "base64"), 1 << 20)).equals(expected)).toBe(true);
  });

  it("is bounded: a bomb is refused before it has grown", () => {
    const [, , packed] = SAMPLES.find(([, content]) => content.startsWith("zeros"))!;
    expect(() => unzstd(Buffer.from(packed, "base64"), 1000)).toThrow(/too large/);
  });

  it("with any bit flipped ends, in an error or in bytes", () => {
    for (const [, , packed] of SAMPLES) {
      const bytes = Buffer.from(packed, "base64");
      for (let at = 0; at < bytes.length; at += 1 + Math.floor(bytes.length / 40)) {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= 1 << (at % 8);
        try {
          expect(unzstd(damaged, 1 << 20).length).toBeLessThanOrEqual(1 << 20);
        } catch (error) {
          expect((error as Error).name).toMatch(/Malformed|RangeError|Error/);
        }
      }
    }
  });
});

/** "NAME-SIZE": what the samples were made from. */
function contentOf(name: string): Buffer {
  const [what, size] = name.split("-") as [string, string];
  if (what === "zeros") return Buffer.alloc(Number(size));
  if (what === "words") {
    const words = Array.from({ length: Number(size) }, (_, at) => `w${(at * at * 31) % 977}`);
    return Buffer.from(words.join(" "));
  }
  return Buffer.from(name);
}

describe("regions", () => {
  it("cover all that differs, and nothing else is different", () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 0, maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        pieces,
        pieces,
        fc.uint8Array({ minLength: 30, maxLength: 90 }),
        (one, two, same) => {
          const left = Uint8Array.from(one.flatMap((piece) => [...piece, ...same]));
          const right = Uint8Array.from(two.flatMap((piece) => [...piece, ...same]));
          let rebuilt: number[] = [];
          let at = 0;
          for (const region of differingRegions(left, right)) {
            rebuilt = [...rebuilt, ...left.subarray(at, region.left[0])];
            rebuilt = [...rebuilt, ...right.subarray(...region.right)];
            at = region.left[1];
          }
          expect(Uint8Array.from([...rebuilt, ...left.subarray(at)])).toEqual(right);
        },
      ),
    );
  });
});
