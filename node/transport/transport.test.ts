import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { secureAddress } from "../../base/replica-address.ts";
import type { PublicKey, ReplicaIndex } from "../../base/types.ts";
import { HttpServer } from "../http/http-server.ts";
import { Tally } from "../metrics/tally.ts";
import { testCommittee, testIdentity } from "../testing/committee.ts";
import { MemoryNetwork } from "./memory-transport.ts";
import { describeTransport } from "./transport.case.ts";
import type { TransportHarness } from "./transport.case.ts";
import type { Transport } from "./transport.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

function memoryHarness(): TransportHarness {
  const network = new MemoryNetwork();
  const transports: Transport[] = [];
  return {
    create: (count) => {
      for (let index = 0; index < count; index++) {
        transports.push(network.join(index as ReplicaIndex, count));
      }
      return Promise.resolve(transports);
    },
    cut: (left, right) => network.cut(left, right),
    heal: (left, right) => network.heal(left, right),
    close: async () => {
      for (const transport of transports) await transport.close();
    },
  };
}

/** A wire between two ports that can be cut. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  whole = true;

  constructor(port: () => number) {
    this.#server = createServer((near) => {
      if (!this.whole) {
        near.destroy();
        return;
      }
      const far = connect(port(), "127.0.0.1");
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `127.0.0.1:${address.port}`;
  }

  cut(): void {
    this.whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function socketHarness(isSecure: boolean): TransportHarness {
  const servers: HttpServer[] = [];
  const transports: WebSocketTransport[] = [];
  const wires = new Map<string, Wire>();
  const wireOf = (left: number, right: number): Wire | undefined =>
    wires.get(`${Math.min(left, right)}-${Math.max(left, right)}`);
  async function create(count: number): Promise<readonly Transport[]> {
    const { committee, keys } = testCommittee(count);
    const ports: number[] = [];
    const addresses = new Map<string, string>();
    const keyBehind = new Map<string, PublicKey>();
    for (let left = 0; left < count; left++) {
      for (let right = left + 1; right < count; right++) {
        const wire = new Wire(() => ports[right] as number);
        wires.set(`${left}-${right}`, wire);
        const hostPort = await wire.listen();
        const address = isSecure ? secureAddress(hostPort) : hostPort;
        addresses.set(`${left}-${right}`, address);
        keyBehind.set(address, keys[right]!.publicKey);
      }
    }
    for (const [index, key] of keys.entries()) {
      const transport = new WebSocketTransport({
        identity: testIdentity(committee, key, index),
        drops: new Tally(),
        monotonicMs: () => performance.now(),
        random: Math.random,
        addressOf: (other) => addresses.get(`${index}-${other}`) as string,
        pins: { keyOf: (address) => keyBehind.get(address), own: key.tlsIdentity() },
      });
      const server = new HttpServer(
        {
          requests: new Map(),
          upgrades: new Map([
            ["/peer", (request, socket, head) => transport.accept(request, socket, head)],
          ]),
        },
        new Tally(),
        isSecure ? key.tlsIdentity() : undefined,
      );
      ports.push((await server.listen("127.0.0.1", 0)).port);
      servers.push(server);
      transports.push(transport);
    }
    return transports;
  }
  return {
    create,
    cut: (left, right) => wireOf(left, right)?.cut(),
    heal: (left, right) => {
      const wire = wireOf(left, right);
      if (wire !== undefined) wire.whole = true;
    },
    close: async () => {
      for (const transport of transports) await transport.close();
      for (const server of servers) await server.close();
      for (const wire of wires.values()) await wire.close();
    },
  };
}

describeTransport("in memory", memoryHarness);
describeTransport("over WebSockets", () => socketHarness(false));
describeTransport("over WebSockets and TLS", () => socketHarness(true));
