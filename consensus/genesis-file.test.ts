import { describe, expect, it } from "vitest";
import { createHash } from "node:crypto";
import { QuorateError } from "../base/quorate-error.ts";
import type { Hash } from "../base/types.ts";
import { formatGenesis, parseGenesis } from "./genesis-file.ts";
import type { Genesis } from "./genesis.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;
const key = (byte: number): string => byte.toString(16).padStart(2, "0").repeat(32);

const file = {
  format: 1,
  name: "test",
  members: [0, 1, 2, 3].map((index) => ({
    publicKey: key(index + 1),
    address: `127.0.0.1:${7400 + index}`,
  })),
  faultyMax: 1,
  policy: {
    writers: [
      { publicKey: key(9), operator: "A", namespaces: ["*"], administrator: false },
      { publicKey: key(8), operator: "ops", namespaces: [], administrator: true },
    ],
    namespaces: [
      { namespace: "pair", confirmations: 2 },
      { namespace: "one", confirmations: 1 },
    ],
  },
  genesisTimeMs: 1_800_000_000_000,
};
const parse = (value: unknown): Genesis => parseGenesis(hash, JSON.stringify(value));

/** The file with the value at a path like "members.0.address" replaced; undefined removes it. */
function changed(path: string, value: unknown): unknown {
  const copy: unknown = structuredClone(file);
  const names = path.split(".");
  const last = names.pop()!;
  let place = copy as Record<string, unknown>;
  for (const name of names) place = place[name] as Record<string, unknown>;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

describe("cluster.json", () => {
  it("survives being written and read", () => {
    const genesis = parse(file);
    expect(parseGenesis(hash, formatGenesis(genesis))).toEqual(genesis);
  });

  it("has an id that does not depend on spaces or on the order of writers and namespaces", () => {
    const { writers, namespaces } = file.policy;
    const policy = { namespaces: namespaces.toReversed(), writers: writers.toReversed() };
    const text = JSON.stringify({ ...file, policy }, undefined, 7);
    expect(parseGenesis(hash, text).clusterId).toEqual(parse(file).clusterId);
  });

  it.each([
    ["name", "other"],
    ["members", file.members.toReversed()],
    ["members.1.address", "127.0.0.1:9"],
    ["members.1.publicKey", key(77)],
    ["faultyMax", 0],
    ["policy.writers.0.publicKey", key(77)],
    ["policy.writers.0.operator", "B"],
    ["policy.writers.0.namespaces", ["one"]],
    ["policy.writers.0.administrator", true],
    ["policy.writers", []],
    ["policy.namespaces.0.confirmations", 3],
    ["policy.namespaces.0.namespace", "other"],
    ["genesisTimeMs", 1_800_000_000_001],
  ])("is another cluster's with another %s", (path, value) => {
    expect(parse(changed(path, value)).clusterId).not.toEqual(parse(file).clusterId);
  });

  it.each([
    ["format", 2, "format is not 1"],
    ["format", undefined, "format is missing"],
    ["name", "", "name is not of 1 to 128 bytes"],
    ["name", "\ud800", "name is not Unicode text"],
    ["members", file.members.slice(1), "members has fewer than 4 elements"],
    ["members", {}, "members is not a list"],
    ["members.2.address", "nowhere", 'members[2].address "nowhere" is not host:port'],
    ["members.2.address", "a:70000", 'members[2].address "a:70000" is not host:port'],
    ["members.2.address", file.members[1]!.address, "members names the same address twice"],
    ["members.2.publicKey", file.members[1]!.publicKey, "members names the same key twice"],
    ["members.2.publicKey", key(255).toUpperCase(), "members[2].publicKey is not 64 lower-case"],
    ["members.2.port", 1, 'members[2] has the unknown field "port"'],
    ["faultyMax", 2, "faultyMax is not within 0 and 1"],
    ["faultyMax", 0.5, "faultyMax is not an integer"],
    ["policy", null, "policy is not an object"],
    ["policy.writers.0.operator", 5, "policy.writers[0].operator is not text"],
    ["policy.writers.0.administrator", 1, "policy.writers[0].administrator is not true or false"],
    ["policy.writers.0.namespaces", ["cache"], "policy.writers[0].namespaces[0]"],
    ["policy.writers.0.namespaces", ["*", "*"], "policy.writers[0].namespaces names the same"],
    ["policy.writers.1.publicKey", key(9), "policy.writers names the same key twice"],
    ["policy.namespaces.0.namespace", "No", "policy.namespaces[0].namespace"],
    ["policy.namespaces.0.confirmations", 0, "policy.namespaces[0].confirmations is not within"],
    ["policy.namespaces.1.namespace", "pair", "policy.namespaces names the same namespace twice"],
    ["genesisTimeMs", -1, "genesisTimeMs is not within"],
  ])("with a wrong %s (%j) is refused: %s", (path, value, message) => {
    expect(() => parse(changed(path, value))).toThrow(QuorateError);
    expect(() => parse(changed(path, value))).toThrow(message);
  });

  it.each(["", "[", "[]", "7", "null", '"x"'])("that reads %j is refused", (text) => {
    expect(() => parseGenesis(hash, text)).toThrow(
      expect.objectContaining({ code: "GENESIS_INVALID" }),
    );
  });
});
