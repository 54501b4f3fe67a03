import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import { Theory } from "../../../proof/frame/theory.ts";
import { closureKeys, theoryOf } from "../../../proof/metamath/database-theory.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { LOGIC, PROOFS, readSound } from "../../../proof/metamath/testing/small-database.ts";
import { Stored } from "../../../proof/metamath/testing/stored.ts";
import { ProofFolder } from "../local/proof-folder.ts";
import { decodeRecord, isRecordPermitted } from "../proof-record.ts";
import type { ProofRecord } from "../proof-record.ts";
import { Resolver } from "../resolver.ts";
import { lookupTier } from "../tiers/record-source.ts";
import type { RecordSource } from "../tiers/record-source.ts";
import { askPeer } from "./ask-peer.ts";
import { KnownPeers } from "./known-peers.ts";
import { PeerServer } from "./peer-server.ts";
import { PeerSource } from "./peer-source.ts";

/** One statement with two proofs, from axioms of which neither asker has the other's. */
const CHAIN = "( q -> ( r -> p ) )";
const LONG = new Stored(
  readSound(`${LOGIC}${PROOFS}\${ i $e |- p $.
    chain $p |- ${CHAIN} $= wr wp wi wq wp wr i a1i a1i $. $}`),
);
const SYNTAX = LOGIC.slice(0, LOGIC.indexOf("ax1"));
const SHORT = new Stored(
  readSound(`${SYNTAX}\${ i $e |- p $. other $a |- ${CHAIN} $. $}
    \${ j $e |- p $. chain $p |- ${CHAIN} $= wp wq wr j other $. $}`),
);
const CLASSICAL = new Theory(
  [LONG, SHORT].flatMap(({ database }) => [...theoryOf(nodeCrypto.hash, database).axioms]),
);

function recordOf(stored: Stored, label: string): ProofRecord {
  const payload = stored.payloadOf(label);
  const proof = stored.proofOf(label);
  const checked = stored.check(payload, proof);
  if (checked.status !== "accept") throw new Error(checked.reason);
  const { database } = stored;
  return {
    obligation: { kind: METAMATH_1, payload },
    proof,
    cited: checked.value.dependencies.map((key) => stored.cited(key)!),
    axioms: closureKeys(database, database.find(label)!, (one) => stored.keyOf(one)),
  };
}

const [long, short, lemma] = [
  recordOf(LONG, "chain"),
  recordOf(SHORT, "chain"),
  recordOf(LONG, "a1i"),
];
const KEY = keyOfObligation(nodeCrypto.hash, long.obligation);
const never = new AbortController().signal;

const root = mkdtempSync(join(tmpdir(), "quorate-theories-"));
const open: (() => Promise<void>)[] = [];
let folders = 0;
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function gateway(peers: readonly string[], ...held: readonly ProofRecord[]) {
  const folder = new ProofFolder(join(root, String(folders++)));
  for (const record of held) folder.put(record);
  const known = new KnownPeers(peers, () => false);
  const options = { host: "127.0.0.1", port: 0, signer: undefined };
  const server = await PeerServer.start(options, folder, known);
  open.push(() => server.close());
  return { address: `127.0.0.1:${server.port}`, folder, server };
}

/** What a gateway sends, unjudged: the proof's bytes, or undefined. */
async function sent(peer: string, theory: Theory | undefined, hops: 0 | 1 = 0) {
  const bytes = await askPeer(peer, { key: KEY, hops, theory }, never);
  const record = bytes && decodeRecord(bytes);
  return record && toHex(record.proof);
}

async function resolved(source: RecordSource, theory: Theory) {
  const resolver = new Resolver({ tiers: [lookupTier("peers", source)], sinks: [] });
  return resolver.resolve(long.obligation, { policy: { theory } });
}

const theories = [
  ["the longer", LONG, long],
  ["the shorter", SHORT, short],
] as const;

it("the two statements are one, and neither theory has the other's proof", () => {
  expect(short.obligation).toEqual(long.obligation);
  const [of, than] = [LONG, SHORT].map(({ database }) => theoryOf(nodeCrypto.hash, database));
  expect([isRecordPermitted(long, of!), isRecordPermitted(short, of!)]).toEqual([true, false]);
  expect([isRecordPermitted(long, than!), isRecordPermitted(short, than!)]).toEqual([false, true]);
});

describe("a gateway answers a QUERY from permitted axioms", () => {
  it.each(theories)("under %s theory with its proof", async (_what, { database }, wanted) => {
    const theory = theoryOf(nodeCrypto.hash, database);
    const { address } = await gateway([], long, short, lemma);
    // Asked raw: nobody filters but the gateway.
    expect(await sent(address, theory)).toBe(toHex(wanted.proof));
    // Now it knows the theory by its digest.
    expect(await sent(address, theory)).toBe(toHex(wanted.proof));
    const answer = await resolved(new PeerSource([address]), theory);
    expect(answer.status === "proved" && toHex(answer.proof.proof)).toBe(toHex(wanted.proof));
  });

  it.each(theories)("under %s theory with none where it has none", async (_what, held, own) => {
    const theory = theoryOf(nodeCrypto.hash, held.database);
    const other = own === long ? short : long;
    const { address, server } = await gateway([], other);
    expect(await sent(address, theory)).toBeUndefined();
    expect(await sent(address, undefined)).toBe(toHex(other.proof));
    expect(await sent(address, CLASSICAL)).toBe(toHex(other.proof));
    expect(server.counts).toMatchObject({ asked: 3, answered: 2 });
  });

  it("of which it knows what they rest on", async () => {
    const { axioms: _, ...unknown } = long;
    const { address } = await gateway([], unknown);
    expect(await sent(address, theoryOf(nodeCrypto.hash, LONG.database))).toBeUndefined();
    expect(await sent(address, undefined)).toBe(toHex(long.proof));
  });

  it("also from its peers, whose word on axioms it hands on and does not keep", async () => {
    const theory = theoryOf(nodeCrypto.hash, SHORT.database);
    const far = await gateway([], long, short);
    const near = await gateway([far.address]);
    expect(await sent(near.address, theory, 1)).toBe(toHex(short.proof));
    expect(near.folder.recent(2)).toHaveLength(1);
    expect(near.folder.recent(1)[0]).not.toHaveProperty("axioms");
    await far.server.close();
    expect(await sent(near.address, theory, 1)).toBeUndefined();
    expect(await sent(near.address, undefined, 1)).toBe(toHex(short.proof));
  });
});

describe("an asker filters what comes once more", () => {
  const theory = theoryOf(nodeCrypto.hash, SHORT.database);

  it("from a gateway that was told of no theory", async () => {
    const { address } = await gateway([], long, lemma);
    const source = new PeerSource([address]);
    const unfiltered: RecordSource = { records: (key, signal) => source.records(key, signal) };
    const asked = { status: "unresolved", steps: [{ refused: [{}] }] };
    expect(await resolved(unfiltered, theory)).toMatchObject(asked);
    // The very same is a proof to who has its axioms.
    const own = theoryOf(nodeCrypto.hash, LONG.database);
    expect(await resolved(unfiltered, own)).toMatchObject({ status: "proved" });
  });

  it("from a gateway that says of a proof that it rests on less", async () => {
    const { address } = await gateway([], { ...long, axioms: [] }, lemma);
    expect(await sent(address, theory)).toBe(toHex(long.proof));
    const asked = { status: "unresolved", steps: [{ refused: [{}] }] };
    expect(await resolved(new PeerSource([address]), theory)).toMatchObject(asked);
  });
});
