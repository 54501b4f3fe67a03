import type { TlsIdentity } from "../../base/host/signing-key.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import { secureAddress } from "../../base/replica-address.ts";
import type { PublicKey } from "../../base/types.ts";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { HttpServer } from "../http/http-server.ts";
import { Tally } from "../metrics/tally.ts";
import { testCommittee, testIdentity } from "../testing/committee.ts";
import { eventually } from "../testing/eventually.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

const { committee, keys } = testCommittee(4);
const stranger = signingKey(newSeed());

interface Acceptor {
  readonly address: string;
  readonly drops: Tally;
  readonly hasPeer: (index: number) => boolean;
  /** Its key has been replaced. */
  readonly show: (shown: TlsIdentity) => void;
}

/** Replica 3, whom all others dial; `shown`: what it shows of itself over TLS. */
async function accept(shown: TlsIdentity): Promise<Acceptor> {
  const drops = new Tally();
  const transport = transportOf(3, { keyOf: () => undefined }, () => "127.0.0.1:1", drops);
  const server = new HttpServer(
    {
      requests: new Map(),
      upgrades: new Map([
        ["/peer", (request, socket, head) => transport.accept(request, socket, head)],
      ]),
    },
    drops,
    shown,
  );
  const { port } = await server.listen("127.0.0.1", 0);
  onTestFinished(async () => {
    await transport.close();
    await server.close();
  });
  return {
    address: secureAddress(`127.0.0.1:${port}`),
    drops,
    show: (next) => server.show(next),
    hasPeer: (index) => transport.peers().some((peer) => peer.index === index && peer.connected),
  };
}

function transportOf(
  index: number,
  pins: Pins,
  addressOf: () => string,
  drops: Tally,
): WebSocketTransport {
  const transport = new WebSocketTransport({
    identity: testIdentity(committee, keys[index]!, index),
    drops,
    monotonicMs: () => performance.now(),
    random: Math.random,
    addressOf,
    pins,
  });
  transport.open({
    onFrame: () => undefined,
    onPeerUp: () => undefined,
    onPeerLost: () => undefined,
  });
  return transport;
}

/** Replica 2 dials nobody but replica 3, and shows this of itself. */
function dial(
  address: string,
  own: TlsIdentity | undefined,
  pinned: PublicKey = keys[3]!.publicKey,
): WebSocketTransport {
  const pins: Pins = { keyOf: () => pinned, own };
  const dialler = transportOf(2, pins, () => address, new Tally());
  onTestFinished(() => dialler.close());
  return dialler;
}

const reaches3 = (transport: WebSocketTransport): boolean =>
  transport.peers().some(({ index, connected }) => index === 3 && connected);

describe("two replicas over TLS", () => {
  it("are linked when each shows the key that it signs with", async () => {
    const acceptor = await accept(keys[3]!.tlsIdentity());
    const dialler = dial(acceptor.address, keys[2]!.tlsIdentity());
    await eventually(() => acceptor.hasPeer(2) && reaches3(dialler));
  });

  it.each([
    ["another key's certificate", stranger.tlsIdentity()],
    ["another member's certificate", keys[1]!.tlsIdentity()],
    ["none at all", undefined],
  ])("are not linked when the one that dials shows %s", async (_what, own) => {
    const acceptor = await accept(keys[3]!.tlsIdentity());
    dial(acceptor.address, own);
    await eventually(() => acceptor.drops.get("handshake-certificate-wrong") > 0);
    expect(acceptor.hasPeer(2)).toBe(false);
  });

  it("are not linked through somebody in the middle: not a word is said to him", async () => {
    const acceptor = await accept(stranger.tlsIdentity());
    const dialler = dial(acceptor.address, keys[2]!.tlsIdentity());
    const honest = await accept(keys[3]!.tlsIdentity());
    const other = dial(honest.address, keys[2]!.tlsIdentity());
    // By then the first has been tried as well.
    await eventually(() => reaches3(other));
    expect([acceptor.hasPeer(2), reaches3(dialler)]).toEqual([false, false]);
    expect(acceptor.drops.get("handshake-certificate-wrong")).toBe(0);
  });

  it("are linked under the key that took the other's place, as soon as it is shown", async () => {
    const acceptor = await accept(keys[3]!.tlsIdentity());
    const next = signingKey(newSeed());
    const dialler = dial(acceptor.address, keys[2]!.tlsIdentity(), next.publicKey);
    acceptor.show(next.tlsIdentity());
    await eventually(() => acceptor.hasPeer(2) && reaches3(dialler));
  });

  it("understand nothing in plain text", async () => {
    const acceptor = await accept(keys[3]!.tlsIdentity());
    const plain = new WebSocket(`ws://${acceptor.address.replace("tls://", "")}/peer`);
    const error = await new Promise<Error>((resolve) => plain.once("error", resolve));
    expect(error.message).not.toBe("");
    await eventually(() => acceptor.drops.get("tls-malformed") > 0);
  });
});
