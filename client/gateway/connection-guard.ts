import type { Socket } from "node:net";
import type { Counts } from "./counts.ts";

interface Connection {
  readonly socket: Socket;
  /** Requests under way. */
  busy: number;
}

/**
 * Keeps the connections of one port below a bound, so that held sockets crowd out each other and
 * not a tool: when all places are taken, the connection goes that has said nothing whole for
 * longest, else the one that has been idle for longest. One with a request under way stays.
 */
export class ConnectionGuard {
  readonly #countMax: number;
  readonly #counts: Counts;
  readonly #bySocket = new WeakMap<object, Connection>();
  /** Who speaks TLS or HTTP/2 for a socket knows its other end, and not the socket. */
  readonly #byPeer = new Map<string, Connection>();
  /** In the order in which they came. */
  readonly #silent = new Set<Connection>();
  /** In the order in which their last request ended. */
  readonly #idle = new Set<Connection>();

  constructor(countMax: number, counts: Counts) {
    this.#countMax = countMax;
    this.#counts = counts;
  }

  get count(): number {
    return this.#byPeer.size;
  }

  sockets(): Socket[] {
    return [...this.#byPeer.values()].map(({ socket }) => socket);
  }

  socketOf(peer: string): Socket | undefined {
    return this.#byPeer.get(peer)?.socket;
  }

  /** Of every new connection. False: there is no place, and it was ended. */
  opened(socket: Socket): boolean {
    if (this.#byPeer.size >= this.#countMax && !this.#makeRoom()) {
      this.#counts.cutOff("too-many-connections");
      socket.destroy();
      return false;
    }
    const peer = peerOf(socket);
    const connection = { socket, busy: 0 };
    this.#bySocket.set(socket, connection);
    this.#byPeer.set(peer, connection);
    this.#silent.add(connection);
    socket.once("close", () => {
      this.#silent.delete(connection);
      this.#idle.delete(connection);
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
    });
    return true;
  }

  /** A whole request was heard; answers what is to be called when it is over. */
  heard(from: Socket | string): () => void {
    const connection = this.#find(from);
    if (connection === undefined) return () => undefined;
    connection.busy++;
    this.#silent.delete(connection);
    this.#idle.delete(connection);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      connection.busy--;
      if (connection.busy === 0 && !connection.socket.destroyed) this.#idle.add(connection);
    };
  }

  #find(from: Socket | string): Connection | undefined {
    if (typeof from === "string") return this.#byPeer.get(from);
    const known = this.#bySocket.get(from);
    if (known !== undefined) return known;
    const found = this.#byPeer.get(peerOf(from));
    if (found !== undefined) this.#bySocket.set(from, found);
    return found;
  }

  #makeRoom(): boolean {
    for (const places of [this.#silent, this.#idle]) {
      for (const connection of places) {
        this.#counts.cutOff("too-many-connections");
        places.delete(connection);
        this.#byPeer.delete(peerOf(connection.socket));
        connection.socket.destroy();
        return true;
      }
    }
    return false;
  }
}

/** As gRPC's library names the other end of a connection. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
