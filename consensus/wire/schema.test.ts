import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import * as agreement from "./agreement.ts";
import * as certificate from "./certificate.ts";
import * as configuration from "./configuration.ts";
import { codec } from "./codec.ts";
import type { Codec, Kind } from "./codec.ts";
import * as connection from "./connection.ts";
import * as evidence from "./evidence.ts";
import { text } from "./kinds.ts";
import * as past from "./past.ts";
import * as receipt from "./receipt.ts";
import * as removal from "./removal.ts";
import * as resume from "./resume.ts";
import * as rotation from "./rotation.ts";
import * as rows from "./rows.ts";
import * as writeSet from "./write-set.ts";

/** protobufjs reads the schema by itself: what it says of a message is what everybody else will. */
const schema = protobuf.loadSync(join(import.meta.dirname, "quorate.proto"));

type AnyCodec = Codec<Record<string, unknown>>;

function isCodec(value: unknown): value is AnyCodec {
  return typeof value === "object" && value !== null && "tryDecode" in value;
}

const rooms = [
  ...[agreement, certificate, configuration, connection, evidence, past, receipt, removal, rows],
  ...[resume, rotation, writeSet],
];
const codecs = rooms.flatMap((room) => Object.values(room as object).filter(isCodec));

describe("the codecs are the schema's", () => {
  it("every message that the codecs name has its place in it", () => {
    expect(codecs.length).toBeGreaterThan(40);
  });

  it.each(codecs.map((each) => [each.name, each] as const))("%s", (name, each) => {
    const type = schema.lookupType(`quorate.v1.${name}`);
    const fields = type.fieldsArray.toSorted((left, right) => left.id - right.id);
    expect(Object.keys(each.shape)).toEqual(fields.map((field) => field.name));
    fields.forEach((field, index) => {
      const kind = each.shape[field.name] as Kind<unknown>;
      expect(field.id, field.name).toBe(index + 1);
      expect(kind.repeated, field.name).toBe(field.repeated);
      const number = field.type === "uint32" || field.type === "uint64";
      expect(kind.wireType === 0, field.name).toBe(number);
    });
  });
});

describe("protobufjs writes and reads the same bytes", () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const clock = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const name = fc.string({ unit: "binary", maxLength: 30 });
  const vote = fc.record({
    operator: name,
    writer: hash,
    semanticDigest: hash,
    valueDigest: hash,
    size: fc.nat(2 ** 30),
    version: fc.maxSafeNat(),
    time: clock,
    sequence: fc.maxSafeNat(),
    kind: name,
  });
  const row = fc.record({
    namespace: name,
    key: hash,
    name,
    kind: name,
    state: fc.nat(4),
    grade: fc.nat(5),
    confidencePercent: fc.nat(100),
    valueDigest: hash,
    size: fc.nat(2 ** 30),
    semanticDigest: hash,
    writer: hash,
    operator: name,
    source: fc.nat(3),
    path: fc.array(name, { maxLength: 16 }),
    time: clock,
    expiry: fc.option(clock, { nil: undefined }),
    ttlMs: fc.maxSafeNat(),
    version: fc.maxSafeNat(),
    sequence: fc.maxSafeNat(),
    votes: fc.array(vote, { maxLength: 4 }),
    inline: fc.boolean(),
  });

  it("an entry row, which has a field of every kind but parts", () => {
    const type = schema.lookupType("quorate.v1.EntryRow");
    fc.assert(
      fc.property(row, (value) => {
        const ours = rows.entryRowCodec.encode(value as unknown as rows.EntryRow);
        const theirs = type.encode(forProtobuf(value)).finish();
        expect(ours).toEqual(new Uint8Array(theirs));
        expect(rows.entryRowCodec.decode(ours)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  /** As protobufjs wants it: defaults left out, clock values as bytes, flags as numbers. */
  function forProtobuf(value: object): object {
    const entries = Object.entries(value).map(([key, each]): [string, unknown] => {
      if (typeof each === "bigint") return [key, bigEndian(each)];
      if (typeof each === "boolean") return [key, each ? 1 : undefined];
      if (each === 0 || each === "") return [key, undefined];
      if (Array.isArray(each) && key === "votes") return [key, each.map(forProtobuf)];
      return [key, each];
    });
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
  }

  function bigEndian(value: bigint): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value);
    return bytes;
  }
});

describe("texts", () => {
  const message = (size: number): Codec<{ readonly text: string }> =>
    codec("Text", { text: text(size) });

  it("a text's bound counts its UTF-8 bytes exactly, in both directions", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (value) => {
        const size = utf8(value).length;
        const bytes = message(size).encode({ text: value });
        expect(message(size).decode(bytes)).toEqual({ text: value });
        expect(() => message(size - 1).encode({ text: value })).toThrow(InvariantError);
        expect(() => message(size - 1).decode(bytes)).toThrow("longer than");
      }),
    );
  });

  it.each(["\ud800", "a\udc00", "\ud800\ud800", "\udc00\ud800"])("%j has no encoding", (value) => {
    expect(() => message(100).encode({ text: value })).toThrow(InvariantError);
  });

  it.each([
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["an overlong encoding", [0xc1, 0x81]],
    ["a cut sequence", [0xe2, 0x82]],
  ])("%s is no text", (_what, bytes) => {
    const encoded = Uint8Array.of(0x0a, bytes.length, ...bytes);
    expect(() => message(100).decode(encoded)).toThrow("Text.text: not text");
  });

  it("keeps a byte order mark, and a text of the largest size", () => {
    for (const value of ["\ufeffx", "x".repeat(64 * 1024), "\u00e9".repeat(32 * 1024)]) {
      const bytes = message(64 * 1024).encode({ text: value });
      expect(message(64 * 1024).decode(bytes)).toEqual({ text: value });
    }
  });
});
