import { createServer } from "node:net";
import type { Server } from "node:net";
import { Prng } from "../../base/prng.ts";
import { LOOPBACK } from "../../cluster/init/addresses.ts";
import { freePorts } from "../../cluster/launcher/claim-ports.ts";
import { LinkShaper } from "./link-rule.ts";
import type { LinkRule, Place } from "./link-rule.ts";
import type { Network, Seat } from "./network.ts";
import { ProxiedConnection } from "./proxied-connection.ts";

/**
 * A proxy before each replica that knows the frames: cluster.json names the proxies, the replicas
 * listen elsewhere. Works for any user on any system. What a TCP connection cannot lose is lost
 * here message by message, which is more than a network does to TCP.
 */
export class ProxyNetwork implements Network {
  readonly tier = "proxy";
  readonly how = "a proxy that knows the frames, on loopback";
  readonly seats: readonly Seat[];
  touchedCount = 0;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<ProxiedConnection>();
  readonly #shapers = new Map<string, LinkShaper>();
  readonly #seed: number;
  readonly #prng: Prng;

  private constructor(seats: readonly Seat[], seed: number) {
    this.seats = seats;
    this.#seed = seed;
    this.#prng = new Prng(seed);
  }

  static async open(replicaCount: number, seed: number): Promise<ProxyNetwork> {
    const ports = await freePorts(LOOPBACK, 2 * replicaCount);
    const seats = ports.slice(0, replicaCount).map((port, index) => ({
      address: `${LOOPBACK}:${port}`,
      listen: `${LOOPBACK}:${ports[replicaCount + index]}`,
      prefix: [],
    }));
    const network = new ProxyNetwork(seats, seed);
    for (let index = 0; index < replicaCount; index++) {
      await network.#serve(index, ports[index]!, ports[replicaCount + index]!);
    }
    return network;
  }

  shape(from: Place, to: Place, rule: LinkRule | undefined): void {
    this.#shaper(from, to).rule = rule;
  }

  reset(left: Place, right: Place): void {
    for (const connection of this.#connections) {
      const { from, to } = connection;
      if ((from === left && to === right) || (from === right && to === left)) connection.destroy();
    }
  }

  clear(): void {
    for (const shaper of this.#shapers.values()) shaper.rule = undefined;
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of this.#connections) connection.destroy();
    await Promise.all(closed);
  }

  #serve(index: number, port: number, behind: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new ProxiedConnection(socket, index, behind, {
        shaper: (from, to) => this.#shaper(from, to),
        onTouched: () => void this.touchedCount++,
        below: (bound) => this.#prng.below(bound),
      });
      this.#connections.add(connection);
      socket.once("close", () => this.#connections.delete(connection));
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, LOOPBACK, () => resolve());
    });
  }

  /** A stream of chance for each direction of each link. */
  #shaper(from: Place, to: Place): LinkShaper {
    const name = `${from}>${to}`;
    let shaper = this.#shapers.get(name);
    if (shaper === undefined) {
      shaper = new LinkShaper(
        new Prng(this.#seed * 10_007 + seatNumber(from) * 101 + seatNumber(to)),
      );
      this.#shapers.set(name, shaper);
    }
    return shaper;
  }
}

function seatNumber(place: Place): number {
  return place === "clients" ? 99 : place;
}
