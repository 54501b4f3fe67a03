import type { Server } from "node:http";
import type { Socket } from "node:net";
import { CONNECTION_COUNT_MAX, CONNECTION_COUNT_PER_ADDRESS_MAX } from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";

export interface ConnectionBounds {
  readonly perAddress: number;
  readonly total: number;
}

const BOUNDS: ConnectionBounds = {
  perAddress: CONNECTION_COUNT_PER_ADDRESS_MAX,
  total: CONNECTION_COUNT_MAX,
};

/** Refuses sockets beyond the bounds, before a byte of them is read. */
export function limitConnections(server: Server, drops: Tally, bounds = BOUNDS): void {
  const countOf = new Map<string, number>();
  let total = 0;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = countOf.get(address) ?? 0;
    if (total >= bounds.total || count >= bounds.perAddress) {
      drops.add(total >= bounds.total ? "connections-total" : "connections-per-address");
      socket.destroy();
      return;
    }
    total++;
    countOf.set(address, count + 1);
    socket.once("close", () => {
      total--;
      const left = (countOf.get(address) ?? 1) - 1;
      if (left === 0) countOf.delete(address);
      else countOf.set(address, left);
    });
  });
}
