import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  CROWDED_BYTES_PER_SECOND_MIN,
  CROWDED_CONNECTION_COUNT,
  READ_LOOK_MS,
  READ_TURN_MS,
  READS_A_TURN,
} from "./limits.ts";

/** Turns after which one that crawls waits behind those that have just begun to. */
const FRESH_TURNS = 3;
const LOOKS_A_TURN = 256;

interface Peer {
  readonly socket: Socket;
  /** Its newest request, whose body may still be on its way. */
  request: IncomingMessage | undefined;
  /** Whether a head came to its end since it was last looked at. */
  isHeard: boolean;
  /** When it was last looked at, in turns of the timer, and what it had sent by then. */
  looked: number;
  bytes: number;
  /** How often it had its turn. */
  turns: number;
  isResting: boolean;
}

/**
 * Reads those that crawl in turns when there are many connections: who sends a head or a body byte
 * by byte is heard a few times a second, and between his turns his socket rests. So what a thousand
 * of them send, however they time it, never stands before a tool's request all at once, and costs no
 * more a second than their turns do. What comes at some pace is read as it comes.
 */
export class ReadTurns {
  readonly #peers = new Map<Socket, Peer>();
  /** Read as they come; in the order in which they are to be looked at. */
  readonly #free = new Set<Peer>();
  /** Those that crawl, in the order of their turns. */
  readonly #fresh = new Set<Peer>();
  readonly #old = new Set<Peer>();
  #reading: Peer[] = [];
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Of every new connection. */
  opened(socket: Socket): void {
    const at = { looked: this.#turn, bytes: socket.bytesRead, turns: 0 };
    const peer = { socket, request: undefined, isHeard: false, ...at, isResting: false };
    this.#peers.set(socket, peer);
    this.#free.add(peer);
    socket.once("close", () => this.forget(socket));
    if (this.#peers.size <= CROWDED_CONNECTION_COUNT) return;
    this.#timer ??= setInterval(() => this.#runTurn(), READ_TURN_MS).unref();
  }

  /** A request's head was heard. */
  heard(request: IncomingMessage): void {
    const peer = this.#peers.get(request.socket);
    if (peer === undefined) return;
    peer.request = request;
    peer.isHeard = true;
  }

  /** It is no connection of ours any more. */
  forget(socket: Socket): void {
    const peer = this.#peers.get(socket);
    if (peer === undefined) return;
    this.#peers.delete(socket);
    for (const peers of [this.#free, this.#fresh, this.#old]) peers.delete(peer);
    this.#reading = this.#reading.filter((one) => one !== peer);
    wake(peer);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const peer of this.#peers.values()) wake(peer);
  }

  #runTurn(): void {
    this.#turn++;
    for (const peer of this.#reading) this.#endTurn(peer);
    this.#reading = [];
    if (this.#peers.size <= CROWDED_CONNECTION_COUNT) return this.#releaseAll();
    this.#lookAtSome();
    this.#take(this.#fresh, READS_A_TURN / 2);
    this.#take(this.#old, READS_A_TURN - this.#reading.length);
    this.#take(this.#fresh, READS_A_TURN - this.#reading.length);
    for (const peer of this.#reading) wake(peer);
  }

  #lookAtSome(): void {
    let looks = 0;
    for (const peer of this.#free) {
      const isDue = (this.#turn - peer.looked) * READ_TURN_MS >= READ_LOOK_MS;
      if (!isDue || ++looks > LOOKS_A_TURN) return;
      this.#free.delete(peer);
      if (this.#crawls(peer, false)) this.#rest(peer);
      else this.#free.add(peer);
    }
  }

  #endTurn(peer: Peer): void {
    peer.turns++;
    if (this.#crawls(peer, true)) this.#rest(peer);
    else this.#free.add(peer);
  }

  #rest(peer: Peer): void {
    (peer.turns < FRESH_TURNS ? this.#fresh : this.#old).add(peer);
    peer.isResting = true;
    peer.socket.pause();
  }

  #take(peers: Set<Peer>, countMax: number): void {
    let count = 0;
    for (const peer of peers) {
      if (++count > countMax) return;
      peers.delete(peer);
      this.#reading.push(peer);
    }
  }

  /** Looks at it anew. `crawled`: it did until now. */
  #crawls(peer: Peer, crawled: boolean): boolean {
    const { request, isHeard, socket } = peer;
    const bytes = socket.bytesRead - peer.bytes;
    const ms = (this.#turn - peer.looked) * READ_TURN_MS;
    peer.isHeard = false;
    peer.looked = this.#turn;
    peer.bytes += bytes;
    if (bytes * 1000 >= CROWDED_BYTES_PER_SECOND_MIN * ms) return false;
    if (request !== undefined && !request.complete && !request.destroyed) {
      // What waits for us is no fault of the sender's.
      return request.readableLength === 0;
    }
    // Between two requests there is silence; who breaks it and comes to no end sends a head.
    return !isHeard && (crawled || bytes > 0);
  }

  #releaseAll(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const peer of this.#peers.values()) {
      wake(peer);
      this.#free.add(peer);
    }
    this.#fresh.clear();
    this.#old.clear();
  }
}

function wake(peer: Peer): void {
  if (!peer.isResting) return;
  peer.isResting = false;
  if (!peer.socket.destroyed) peer.socket.resume();
}
