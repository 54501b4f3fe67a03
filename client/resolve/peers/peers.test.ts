import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { newSeed, signingKey } from "../../../base/host/signing-key.ts";
import type { PublicKey } from "../../../base/types.ts";
import { pigeonhole } from "../../../proof/cnf/testing/sample-formulas.ts";
import { waitUntil } from "../../testing/fake-world.ts";
import { ProofFolder } from "../local/proof-folder.ts";
import { encodeRecord } from "../proof-record.ts";
import type { ProofRecord } from "../proof-record.ts";
import { Resolver } from "../resolver.ts";
import { lookupTier } from "../tiers/record-source.ts";
import type { RecordSource } from "../tiers/record-source.ts";
import { ProverTier } from "../tiers/prover-tier.ts";
import { falsified, recordOf } from "../testing/formulas.ts";
import { ANNOUNCE_PATH, QUERY_PATH, tellPeer } from "./ask-peer.ts";
import { KnownPeers } from "./known-peers.ts";
import { ANNOUNCED_MS_MAX, PEERS_MAX } from "./limits.ts";
import { encodeAnnouncement, encodeProofMessage, encodeQuery } from "./peer-message.ts";
import { PeerServer } from "./peer-server.ts";
import { PeerSource } from "./peer-source.ts";

const root = mkdtempSync(join(tmpdir(), "quorate-peers-"));
const open: (() => Promise<void>)[] = [];
let folders = 0;
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const RECORD = recordOf(pigeonhole(5));
const ANY = { type: "any" } as const;
const never = new AbortController().signal;

interface Gateway {
  readonly address: string;
  readonly folder: ProofFolder;
  readonly server: PeerServer;
}

async function gateway(peers: readonly string[] = [], ...held: ProofRecord[]): Promise<Gateway> {
  const folder = new ProofFolder(join(root, String(folders++)));
  for (const record of held) folder.put(record);
  const server = await PeerServer.start(
    { host: "127.0.0.1", port: 0, signer: undefined },
    folder,
    new KnownPeers(peers, () => false),
  );
  open.push(() => server.close());
  return { address: `127.0.0.1:${server.port}`, folder, server };
}

/** A peer that answers every question with these bytes, once it may. */
async function liar(
  answer: Uint8Array | "nothing at all",
  mayAnswer: () => boolean = () => true,
): Promise<string> {
  const server = createServer((_request, response) => {
    if (answer !== "nothing at all") void waitUntil(mayAnswer).then(() => response.end(answer));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An asker with no cluster and a prover that it would rather not start. */
function asker(peers: readonly string[] | (() => readonly string[])) {
  const provers = new ProverTier({ provers: [] });
  const source = new PeerSource(peers);
  let judged = 0;
  const records: RecordSource["records"] = async function* (wanted, signal) {
    for await (const record of source.records(wanted, signal)) {
      yield record;
      judged++;
    }
  };
  const tiers = [lookupTier("peers", { records }), provers];
  const resolver = new Resolver({ tiers, sinks: [] });
  /** What some peer has sent was looked at, and will not do. */
  const isRefused = (): boolean => judged > 0 || source.faults.size > 0;
  return { provers, resolver, isRefused };
}

async function ask(...peers: readonly string[]) {
  const asking = asker(peers);
  return { ...asking, resolution: await asking.resolver.resolve(RECORD.obligation) };
}

describe("a question to a gateway", () => {
  it("is answered from its own store, and no prover is started", async () => {
    const { address, server } = await gateway([], RECORD);
    const { resolution, provers } = await ask(address);
    expect(resolution).toMatchObject({ status: "proved", tier: "peers", from: `peer ${address}` });
    expect(provers.startedCount).toBe(0);
    expect(server.counts).toMatchObject({ asked: 1, answered: 1, forwarded: 0 });
  });

  it("goes on to that gateway's peers, once, and what they send is kept", async () => {
    const far = await gateway([], RECORD);
    const near = await gateway([far.address]);
    expect((await ask(near.address)).resolution).toMatchObject({ status: "proved" });
    expect([near.server.counts.forwarded, far.server.counts.answered]).toEqual([1, 1]);
    await far.server.close();
    expect((await ask(near.address)).resolution).toMatchObject({ status: "proved" });
  });

  it("goes round no circle", async () => {
    const first = await gateway([], RECORD);
    const second = await gateway([first.address]);
    const third = await gateway([second.address]);
    expect((await ask(third.address)).resolution.status).toBe("unresolved");
    expect(first.server.counts.asked).toBe(0);
  });

  it("of which nobody knows is nothing", async () => {
    const { address } = await gateway();
    const { resolution } = await ask(address);
    expect(resolution).toMatchObject({ steps: [{ status: "nothing" }, {}] });
  });
});

describe("a peer that lies", () => {
  const wrong = encodeProofMessage(encodeRecord(falsified(RECORD)));
  const other = encodeProofMessage(encodeRecord(recordOf(pigeonhole(4))));

  it.each([
    ["with a false proof", wrong, 1],
    ["with a proof of something else", other, 1],
    ["with no message", new Uint8Array(1000), 0],
    ["with a message that is cut short", wrong.subarray(0, 40), 0],
  ])("%s is refused, and another asked", async (_what, answer, refused) => {
    const peers = [await liar(answer)];
    const { resolver, isRefused } = asker(() => peers);
    // Both are asked before long; the honest one answers when the liar's words have been judged.
    const honest = await liar(encodeProofMessage(encodeRecord(RECORD)), isRefused);
    peers.push(honest);
    const resolution = await resolver.resolve(RECORD.obligation);
    expect(resolution).toMatchObject({ status: "proved", from: `peer ${honest}` });
    expect(resolver.counts.tier("peers").refused).toBe(refused);
  });

  it("by saying nothing delays nobody", async () => {
    const honest = await gateway([], RECORD);
    const { resolution } = await ask(await liar("nothing at all"), honest.address);
    expect(resolution).toMatchObject({ status: "proved", from: `peer ${honest.address}` });
  });

  it("to a gateway that asks it is neither kept nor handed on", async () => {
    const near = await gateway([await liar(wrong)]);
    expect((await ask(near.address)).resolution.status).toBe("unresolved");
    expect(near.server.counts).toMatchObject({ refused: 1, forwarded: 0 });
    expect(near.folder.recent(1)).toEqual([]);
  });
});

describe("hostile requests", () => {
  it.each([
    ["too short", QUERY_PATH, new Uint8Array(3), 400],
    ["too long", QUERY_PATH, new Uint8Array(100_000), 400],
    [
      "with many hops",
      QUERY_PATH,
      changed(encodeQuery({ key: key(), hops: 1, theory: ANY }), 4, 9),
      400,
    ],
    ["announcing nonsense", ANNOUNCE_PATH, new Uint8Array(114), 400],
    ["elsewhere", "/", encodeQuery({ key: key(), hops: 0, theory: ANY }), 404],
  ])("%s end with a refusal", async (_what, path, body, status) => {
    const { address } = await gateway();
    const url = `http://${address}${path}`;
    const answered = await fetch(url, { method: "POST", body: new Uint8Array(body) }).then(
      (response) => response.status,
      // Cut off while it was still sending.
      () => status,
    );
    expect(answered).toBe(status);
    expect((await ask((await gateway([], RECORD)).address)).resolution.status).toBe("proved");
  });
});

describe("announcements", () => {
  const key = signingKey(newSeed());
  const now = 1_000_000_000;

  it("make a gateway known to those that it was told of", async () => {
    const folder = new ProofFolder(join(root, "announced"));
    const peers = new KnownPeers([], (publicKey) =>
      publicKey.every((b, i) => b === key.publicKey[i]),
    );
    const listener = await PeerServer.start(
      { host: "127.0.0.1", port: 0, signer: undefined },
      folder,
      peers,
    );
    open.push(() => listener.close());
    const announcer = await PeerServer.start(
      { host: "127.0.0.1", port: 0, signer: key },
      folder,
      new KnownPeers([`127.0.0.1:${listener.port}`], () => false),
    );
    open.push(() => announcer.close());
    await expect
      .poll(() => peers.list(), { timeout: 30_000 })
      .toEqual([`127.0.0.1:${announcer.port}`]);
  });

  it("with a changed byte are refused", async () => {
    const { address, server } = await gateway();
    const bytes = changed(encodeAnnouncement(key, 7000, Date.now()), 40, 1);
    await expect(tellPeer(address, bytes, never)).rejects.toThrow("400");
    expect(server.counts.malformed).toBe(1);
  });

  const announced = (timeMs: number, port = 7000, publicKey: PublicKey = key.publicKey) => ({
    ...{ publicKey, port, timeMs },
  });

  it.each([
    ["of a stranger", () => new KnownPeers([], () => false), announced(now)],
    ["of long ago", () => new KnownPeers([], () => true), announced(now - 10 * ANNOUNCED_MS_MAX)],
    ["of the future", () => new KnownPeers([], () => true), announced(now + ANNOUNCED_MS_MAX)],
    ["without a port", () => new KnownPeers([], () => true), announced(now, 0)],
  ])("%s are not taken", (_what, peers, announcement) => {
    expect(peers().announce(announcement, "10.0.0.1", now)).toBe(false);
  });

  it("replace earlier ones of a key, never later ones, and end", () => {
    const peers = new KnownPeers(["a:1"], () => true);
    expect(peers.announce(announced(now, 1), "10.0.0.1", now)).toBe(true);
    expect(peers.announce(announced(now + 1, 2), "10.0.0.1", now)).toBe(true);
    expect(peers.announce(announced(now, 3), "10.0.0.1", now)).toBe(false);
    expect(peers.list(now)).toEqual(["a:1", "10.0.0.1:2"]);
    expect(peers.list(now + 2 * ANNOUNCED_MS_MAX)).toEqual(["a:1"]);
  });

  it("of any number of keys fill a bounded list", () => {
    const peers = new KnownPeers([], () => true);
    const keyOf = (index: number): PublicKey => new Uint8Array(32).fill(index) as PublicKey;
    for (let index = 0; index <= PEERS_MAX; index++) {
      peers.announce(announced(now, 1 + index, keyOf(index)), "10.0.0.1", now);
    }
    expect(peers.list(now)).toHaveLength(PEERS_MAX);
    expect(peers.refused).toBe(1);
  });
});

function key(): Parameters<typeof encodeQuery>[0]["key"] {
  return new Uint8Array(32) as Parameters<typeof encodeQuery>[0]["key"];
}

function changed(bytes: Uint8Array, at: number, to: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at] === to ? to + 1 : to;
  return copy;
}
