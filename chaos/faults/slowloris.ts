import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Fault } from "./fault.ts";

const BYTE_EVERY_MS = 500;

/** So many sockets to each replica that begin a request and never end it. */
export function slowlorisFault(socketCount: number): Fault {
  const sockets = new Set<Socket>();
  let opened = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    kind: "slowloris",
    available: () => undefined,
    inject({ cluster }) {
      for (const { listen } of cluster.network.seats) {
        const [host, port] = listen.split(":");
        for (let number = 0; number < socketCount; number++) {
          const socket = connect({ host: host!, port: Number(port) });
          sockets.add(socket);
          socket.on("connect", () => {
            opened++;
            socket.write("GET /healthz HTTP/1.1\r\nhost: slow\r\nx-");
          });
          socket.on("error", () => undefined);
          socket.on("close", () => sockets.delete(socket));
        }
      }
      timer = setInterval(() => {
        for (const socket of sockets) if (socket.writable) socket.write("a");
      }, BYTE_EVERY_MS);
      return Promise.resolve();
    },
    heal() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      return Promise.resolve();
    },
    missed: () => (opened > 0 ? undefined : "no socket was opened"),
    describe: () => `${opened} sockets of requests that never end`,
  };
}
