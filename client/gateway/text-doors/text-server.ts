import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import {
  CLOSE_MS_MAX,
  SOCKET_IDLE_MS_MAX,
  TEXT_CONNECTION_COUNT_MAX,
  TEXT_MEMORY_BYTES_MAX,
} from "../limits.ts";

/** Takes one connection's bytes in, command by command. */
export interface TextSession {
  /**
   * The first whole command of what came so far, and how many bytes of it that was; undefined:
   * more is needed. @throws ProtocolError
   */
  parse(bytes: Buffer): { readonly size: number; readonly run: () => Promise<Reply> } | undefined;
  /** How many bytes would complete the command, when that is known. */
  wants(): number;
}

export interface Reply {
  readonly parts: readonly (string | Uint8Array)[];
  /** Ends the connection after it. */
  readonly isLast?: boolean;
}

/** What is no command at all. Its text goes out, and the connection ends. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

export interface TextServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A server for protocols that are lines of text, on loopback only: they have no encryption and
 * know no writers. One command of a connection runs at a time, and while it does, nothing more is
 * read from it.
 */
export function startTextServer(port: number, open: () => TextSession): Promise<TextServer> {
  const held = { bytes: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void serve(socket, open(), held);
  });
  server.maxConnections = TEXT_CONNECTION_COUNT_MAX;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : port;
      resolve({ port: found, close: () => closeServer(server, sockets) });
    });
  });
}

async function serve(socket: Socket, session: TextSession, held: { bytes: number }): Promise<void> {
  socket.setTimeout(SOCKET_IDLE_MS_MAX, () => socket.destroy());
  socket.on("error", () => undefined);
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    // The last words of a connection are written after the loop ended.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      held.bytes += (chunk as Buffer).length;
      if (held.bytes > TEXT_MEMORY_BYTES_MAX) throw new ProtocolError("too much at once");
      if (size < session.wants()) continue;
      const rest = await runAll(socket, session, Buffer.concat(chunks));
      if (rest === undefined) break;
      held.bytes += rest.length - size;
      size = rest.length;
      chunks = [rest];
    }
    socket.end(() => socket.destroy());
  } catch (error) {
    if (error instanceof ProtocolError) socket.end(error.message, () => socket.destroy());
    else socket.destroy();
  } finally {
    held.bytes -= size;
  }
}

/** Answers what was left over; undefined: the connection ends. @throws ProtocolError */
async function runAll(
  socket: Socket,
  session: TextSession,
  bytes: Buffer,
): Promise<Buffer | undefined> {
  let rest = bytes;
  for (;;) {
    const command = session.parse(rest);
    if (command === undefined) return rest;
    rest = rest.subarray(command.size);
    const { parts, isLast } = await command.run();
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    if (isLast === true) return undefined;
    if (socket.writableNeedDrain) {
      await new Promise((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", resolve);
      });
    }
  }
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_MS_MAX);
    for (const socket of sockets) if (socket.readableLength === 0) socket.destroy();
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
