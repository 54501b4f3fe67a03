import { connect } from "node:net";

/** What a server answers to some bytes, sent in pieces, until it ends or `size` bytes came. */
export function talk(
  port: number,
  pieces: readonly (string | Uint8Array)[],
  size = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= size) socket.destroy();
    });
    socket.on("close", () => resolve(Buffer.concat(chunks)));
    socket.on("error", reject);
    const send = (at: number): void => {
      if (at === pieces.length || socket.destroyed) return;
      socket.write(pieces[at] as Uint8Array, () => setImmediate(() => send(at + 1)));
    };
    send(0);
  });
}
