import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { DigestResult, StartHash } from "../artifact-kind.ts";
import { semanticDigest } from "../registry.ts";
import { ACTION_RESULT_BYTES_MAX, actionResult1, readActionResult } from "./action-result-kind.ts";
import { encodeActionResult, referencedBlobs } from "./action-result.ts";
import type { ActionResult } from "./action-result.ts";
import { FieldWriter } from "./protobuf-field.ts";
import { filesOfTree } from "./tree.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};
const judge = (message: Uint8Array): DigestResult =>
  semanticDigest(startHash, actionResult1, message);
const load = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./testdata/${name}.bin`, import.meta.url)));

describe.each(["bazel-files", "bazel-tree"])("%s: what a real Bazel 4.2.3 stores", (name) => {
  const message = load(`${name}.first-build`);

  it("is in canonical form already, and the same from two cold builds", () => {
    const result = readActionResult(message) as ActionResult;
    expect(encodeActionResult(result)).toEqual(message);
    expect(judge(message).status).toBe("digest");
    expect(judge(load(`${name}.second-build`))).toEqual(judge(message));
  });

  it("is read in full", () => {
    const result = readActionResult(message) as ActionResult;
    const [output] = [...result.files, ...result.folders];
    expect(output?.path).toMatch(/^bazel-out\/k8-fastbuild\/bin\//);
    expect(referencedBlobs(result).length).toBe(3);
  });
});

it("the listing of a real folder names the files of all folders below it", () => {
  const files = filesOfTree(load("bazel-tree.listing"));
  expect(files?.map(({ size }) => size)).toEqual([2, 2]);
  expect(filesOfTree(utf8("no message"))).toBeUndefined();
});

/** A result with everything that has no say in it. */
function withRemarks(message: Uint8Array): Uint8Array {
  const time = new FieldWriter().number(1, 1_795_257_545n).finish();
  const metadata = new FieldWriter().bytes(1, utf8("worker-7")).message(3, time).finish();
  const unknown = new FieldWriter().bytes(99, utf8("of a later version")).number(98, 7).finish();
  return concatBytes(new FieldWriter().message(9, metadata).finish(), message, unknown);
}

describe("an action result", () => {
  const message = load("bazel-files.first-build");

  it("with who made it and when is brought into canonical form, and only then has a digest", () => {
    const remarked = withRemarks(message);
    expect(judge(remarked)).toEqual({ status: "refused", reason: "it is not in canonical form" });
    expect(encodeActionResult(readActionResult(remarked) as ActionResult)).toEqual(message);
  });

  it("loses the time of change of a file and keeps its mode", () => {
    const time = new FieldWriter().number(1, 1_795_257_545n).finish();
    const mode = new FieldWriter().number(1, 0o755).finish();
    const properties = (dated: boolean): Uint8Array => {
      const writer = new FieldWriter();
      return (dated ? writer.message(2, time) : writer).message(3, mode).finish();
    };
    const file = (dated: boolean): Uint8Array =>
      new FieldWriter()
        .message(2, new FieldWriter().bytes(1, utf8("x")).message(7, properties(dated)).finish())
        .finish();
    expect(encodeActionResult(readActionResult(file(true))!)).toEqual(file(false));
    expect(judge(file(false)).status).toBe("digest");
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["an exit code and no more", new FieldWriter().number(4, 1).finish()],
    ["remarks only", withRemarks(new Uint8Array(0))],
    ["a digest that is none", new FieldWriter().message(6, utf8("\n\u0003abc")).finish()],
    ["a cut message", message.subarray(0, -1)],
    ["too much", new FieldWriter().bytes(5, new Uint8Array(10)).finish()],
  ])("of %s is refused", (what, body) => {
    const whole = what === "too much" ? new Uint8Array(ACTION_RESULT_BYTES_MAX + 1) : body;
    expect(judge(whole).status).toBe("refused");
  });

  it("is another one with any byte changed, or none", () => {
    const honest = judge(message);
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = message.slice();
        changed[at] = changed[at]! ^ flip;
        expect(judge(changed)).not.toEqual(honest);
      }),
      { numRuns: 500 },
    );
  });

  it("of any bytes is read or refused, never a crash, and its canonical form stays", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = readActionResult(bytes);
        if (result === undefined) expect(judge(bytes).status).toBe("refused");
        else {
          const canonical = encodeActionResult(result);
          expect(judge(canonical).status).toBe("digest");
          expect(encodeActionResult(readActionResult(canonical)!)).toEqual(canonical);
        }
        filesOfTree(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("has one digest however it is cut", () => {
    for (const size of [1, 7, 100]) {
      const digester = actionResult1.startDigest(startHash);
      for (let at = 0; at < message.length; at += size) {
        const piece = message.slice(at, at + size);
        digester.update(piece);
        piece.fill(0xee);
      }
      expect(digester.finish()).toEqual(judge(message));
    }
  });
});
