import { randomBytes } from "node:crypto";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import * as connection from "../../consensus/wire/connection.ts";
import { encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import {
  CONNECTION_COUNT_PER_ADDRESS_MAX,
  HANDSHAKE_COUNT_PER_ADDRESS_MAX,
} from "../../node/limits.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { TestClient, TestWriter } from "../../node/testing/test-client.ts";
import { join } from "node:path";

const { SUBMIT_EXECUTED, READ_ANSWERED } = connection;

/** The primary of the first view: whoever stops it stops everybody for a while. */
const VICTIM = 0;
const HOSTILE = "127.0.0.2";

describe("sockets that never end what they began", () => {
  let cluster: LocalCluster;
  let genesis: Genesis;
  let writer: TestWriter;
  let honest: TestClient;
  let written = 0;
  const open = new Set<Socket>();

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    genesis = parseGenesis(nodeCrypto.hash, cluster.genesis);
    writer = new TestWriter(genesis, readKeyFile(join(cluster.folder, "writer", "key.json")));
    honest = await TestClient.connect(genesis, address());
  });
  afterAll(async () => {
    honest?.close();
    for (const socket of open) socket.destroy();
    await cluster?.stop();
  });

  const address = (): string => `127.0.0.1:${cluster.basePort + VICTIM}`;

  /** Many sockets from one address; `speak` says what each of them sends. */
  const begin = (count: number, speak: (socket: Socket) => void): void => {
    for (let number = 0; number < count; number++) {
      const port = cluster.basePort + VICTIM;
      const socket = createConnection({ port, host: "127.0.0.1", localAddress: HOSTILE });
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => open.delete(socket));
      socket.once("connect", () => speak(socket));
    }
  };
  const upgrade = (path: string) => (socket: Socket) => {
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
    // What the other side says is not read either.
    socket.pause();
  };
  const dropsOf = async (reason: string): Promise<number> => {
    const metrics = await (await cluster.get(VICTIM, "/metrics")).text();
    const line = metrics.split("\n").find((each) => each.includes(`"${reason}"`));
    return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
  };
  /** The one that was there before, and one that comes now. */
  const expectServed = async (): Promise<void> => {
    const late = await TestClient.connect(genesis, address());
    for (const client of [honest, late]) {
      const name = `name-${written++}`;
      const { bytes, digest } = writer.put(name, "value");
      expect((await client.submit(bytes, digest)).status).toBe(SUBMIT_EXECUTED);
      const read = await client.read("default", name);
      expect(read.status).toBe(READ_ANSWERED);
      expect(read.row.length).toBeGreaterThan(0);
    }
    late.close();
    expect((await cluster.get(VICTIM, "/readyz")).status).toBe(200);
  };
  const allCut = async (): Promise<void> => {
    await eventually(() => open.size === 0);
  };

  it("half-open: not a byte is sent, beyond the bound of one address none is taken", async () => {
    begin(CONNECTION_COUNT_PER_ADDRESS_MAX + 50, () => undefined);
    await eventually(async () => (await dropsOf("connections-per-address")) >= 50);
    await expectServed();
    await allCut();
    await expectServed();
  });

  it("slowloris: headers that come byte by byte are cut off", async () => {
    const timers: NodeJS.Timeout[] = [];
    begin(300, (socket) => {
      socket.write("GET /readyz HTTP/1.1\r\nhost: a\r\nx-slow: ");
      timers.push(setInterval(() => socket.write("a"), 500));
    });
    await eventually(() => timers.length === 300);
    await expectServed();
    await allCut();
    for (const timer of timers) clearInterval(timer);
    await expectServed();
  });

  it.each(["/client", "/peer"])("upgraded at %s, and no hello: they hold a share", async (path) => {
    begin(2 * HANDSHAKE_COUNT_PER_ADDRESS_MAX + 50, upgrade(path));
    const name = path === "/client" ? "client-handshake" : "handshake";
    const isShare = (count: number): boolean => count >= HANDSHAKE_COUNT_PER_ADDRESS_MAX;
    await eventually(async () => isShare(await dropsOf(`${name}-too-many`)));
    await expectServed();
    // These do not even see that they were cut: they read nothing.
    await eventually(async () => isShare(await dropsOf(`${name}-timeout`)));
    await expectServed();
    for (const socket of open) socket.destroy();
  });

  it("a peer of theirs comes back meanwhile", async () => {
    const other = 3;
    await cluster.kill(other);
    begin(2 * HANDSHAKE_COUNT_PER_ADDRESS_MAX, upgrade("/peer"));
    cluster.launch(other);
    await cluster.ready(other);
    await expectServed();
  });

  it("a client that said hello and then neither reads nor answers a ping is cut", async () => {
    const socket = new WebSocket(`ws://${address()}/client`, {
      perMessageDeflate: false,
      autoPong: false,
    });
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(
      encodeFrame(
        FRAME.hello,
        connection.helloCodec.encode({
          protocol: connection.PROTOCOL_VERSION,
          clusterId: genesis.clusterId,
          role: connection.ROLE_CLIENT,
          index: 0,
          epoch: genesisCommittee(genesis).epoch,
          nonce: new Uint8Array(randomBytes(32)),
        }),
      ),
    );
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await closed;
    expect(await dropsOf("client-silent")).toBe(1);
    await expectServed();
  });
});
