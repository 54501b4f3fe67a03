import type { Socket } from "node:net";
import type { Counts } from "./counts.ts";
import {
  BODY_BYTES_PER_SECOND_MIN,
  CROWDED_BYTES_PER_SECOND_MIN,
  CROWDED_MS_MIN,
} from "./limits.ts";

interface Connection {
  readonly socket: Socket;
  /** Requests under way. */
  busy: number;
  /** When it came or its last request did, and how many bytes had gone either way by then. */
  sinceMs: number;
  bytes: number;
  /** Whether it is now the other end that must go on. */
  waitsForPeer: () => boolean;
}

/**
 * Keeps the connections of one port below a bound, so that held sockets crowd out each other and
 * not a tool. When all places are taken, that connection goes which has said nothing whole for
 * longest, if it had time to; else one whose request or answer crawls; else one that has just come;
 * else the one that has been idle for longest. One whose request is under way at some pace, or
 * waits for us, stays.
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
  readonly #busy = new Set<Connection>();

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
    const connection = {
      ...{ socket, busy: 0, sinceMs: performance.now(), bytes: 0 },
      waitsForPeer: never,
    };
    this.#bySocket.set(socket, connection);
    this.#byPeer.set(peer, connection);
    this.#silent.add(connection);
    socket.once("close", () => {
      this.#silent.delete(connection);
      this.#idle.delete(connection);
      this.#busy.delete(connection);
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
    });
    return true;
  }

  /**
   * A request's head was heard; answers what is to be called when it is over. `waitsForPeer` says
   * whether it is the sender of its body or the reader of its answer that is waited for.
   */
  heard(from: Socket | string, waitsForPeer: () => boolean = never): () => void {
    const connection = this.#find(from);
    if (connection === undefined) return () => undefined;
    connection.busy++;
    connection.sinceMs = performance.now();
    connection.bytes = movedBytes(connection.socket);
    connection.waitsForPeer = waitsForPeer;
    this.#silent.delete(connection);
    this.#idle.delete(connection);
    this.#busy.add(connection);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      connection.busy--;
      if (connection.busy > 0) return;
      this.#busy.delete(connection);
      if (!connection.socket.destroyed) this.#idle.add(connection);
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
    const oldest = first(this.#silent);
    const hadTime = oldest !== undefined && performance.now() - oldest.sinceMs > CROWDED_MS_MIN;
    const goes = (hadTime ? oldest : this.#slowest()) ?? oldest ?? first(this.#idle);
    if (goes === undefined) return false;
    this.#counts.cutOff("too-many-connections");
    for (const places of [this.#silent, this.#busy, this.#idle]) places.delete(goes);
    this.#byPeer.delete(peerOf(goes.socket));
    goes.socket.destroy();
    return true;
  }

  /** Of those that wait for their other end: has one a pace, it is looked at anew from here on. */
  #slowest(): Connection | undefined {
    const nowMs = performance.now();
    let slowest: Connection | undefined;
    let pace = CROWDED_BYTES_PER_SECOND_MIN;
    for (const connection of this.#busy) {
      if (!connection.waitsForPeer()) continue;
      const moved = movedBytes(connection.socket) - connection.bytes;
      const ms = nowMs - connection.sinceMs;
      // What has only begun is given time, unless it sent a head and nothing more.
      if (moved > 0 && ms < CROWDED_MS_MIN) continue;
      const found = (moved * 1000) / Math.max(ms, CROWDED_MS_MIN);
      if (found >= CROWDED_BYTES_PER_SECOND_MIN) {
        connection.sinceMs = nowMs;
        connection.bytes += moved;
      }
      if (found >= pace) continue;
      slowest = connection;
      pace = found;
      // There is none that is much slower, and in a crowd there are many.
      if (found < BODY_BYTES_PER_SECOND_MIN) break;
    }
    return slowest;
  }
}

function first(places: ReadonlySet<Connection>): Connection | undefined {
  for (const connection of places) return connection;
  return undefined;
}

/** What was written and lies here has not gone. */
function movedBytes({ bytesRead, bytesWritten, writableLength }: Socket): number {
  return bytesRead + bytesWritten - writableLength;
}

function never(): boolean {
  return false;
}

/** As gRPC's library names the other end of a connection. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
