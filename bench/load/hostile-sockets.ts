import { connect } from "node:net";
import type { Socket } from "node:net";

/** Dialled at once at first, and then in place of those that were closed: 100 a second. */
const DIALS_A_TURN = 50;
const REDIALS_A_TURN = 5;
const TURN_MS = 50;
const DRIP_MS = 1_000;

export interface Hostile {
  /** How many sockets are open now. */
  readonly openCount: number;
  /** Whatever the attack counts: bodies, headers, bombs. */
  readonly sentCount: number;
  stop(): void;
}

export interface HeldSockets {
  readonly count: number;
  /** What each says at first. */
  readonly beginning: string;
  /** What each says every second from then on. */
  readonly drip: string;
}

/** Keeps so many sockets open that never end what they began; one that is closed is dialled anew. */
export function holdSockets(port: number, held: HeldSockets): Hostile {
  const sockets = new Set<Socket>();
  let sentCount = 0;
  const dial = (): void => {
    const socket = connect(port, "127.0.0.1", () => socket.write(held.beginning));
    sentCount++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    // What is answered is read, or the other side could not tell that it is of no interest.
    socket.resume();
  };
  const dialing = setInterval(() => {
    const atOnce = sentCount < held.count ? DIALS_A_TURN : REDIALS_A_TURN;
    const missing = Math.min(atOnce, held.count - sockets.size);
    for (let dialled = 0; dialled < missing; dialled++) dial();
  }, TURN_MS);
  const dripping = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(held.drip);
  }, DRIP_MS);
  return {
    get openCount() {
      return sockets.size;
    },
    get sentCount() {
      return sentCount;
    },
    stop() {
      clearInterval(dialing);
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Volley {
  /** Connections a second. */
  readonly perSecond: number;
  /** Under way at once. */
  readonly countMax: number;
  readonly bytes: readonly Uint8Array[];
}

/** Dials at a steady pace, sends all it has, waits for the end; holds back while too many are under way. */
export function fireVolley(port: number, volley: Volley): Hostile {
  const sockets = new Set<Socket>();
  let sentCount = 0;
  const fire = (): void => {
    if (sockets.size >= volley.countMax) return;
    const bytes = volley.bytes[sentCount % volley.bytes.length] as Uint8Array;
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    sentCount++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  };
  const firing = setInterval(fire, 1000 / volley.perSecond);
  return {
    get openCount() {
      return sockets.size;
    },
    get sentCount() {
      return sentCount;
    },
    stop() {
      clearInterval(firing);
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Flood {
  readonly count: number;
  readonly beginning: string;
  /** Sent again and again, at the pace below. */
  readonly piece: Uint8Array;
  readonly bytesPerSecond: number;
}

/** Bodies that do not end, each at a pace of its own; a connection that is cut off begins anew. */
export function floodBodies(port: number, flood: Flood): Hostile {
  const sockets = new Set<Socket>();
  let sentCount = 0;
  const pauseMs = (flood.piece.length * 1000) / flood.bytesPerSecond;
  let isOver = false;
  const begin = (): void => {
    const socket = connect(port, "127.0.0.1", () => socket.write(flood.beginning));
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.resume();
    const pouring = setInterval(() => {
      if (!socket.writable || socket.writableNeedDrain) return;
      sentCount++;
      socket.write(flood.piece);
    }, pauseMs);
    socket.on("close", () => {
      clearInterval(pouring);
      sockets.delete(socket);
      if (!isOver) setTimeout(begin, TURN_MS);
    });
  };
  for (let number = 0; number < flood.count; number++) begin();
  return {
    get openCount() {
      return sockets.size;
    },
    get sentCount() {
      return sentCount;
    },
    stop() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
