import { gzipSync } from "node:zlib";
import { fireVolley, floodBodies, holdSockets } from "./hostile-sockets.ts";
import type { Hostile } from "./hostile-sockets.ts";

const MIB = 1024 * 1024;
const SOCKET_COUNT = 2_000;
const HOST = "HTTP/1.1\r\nHost: localhost\r\n";
const BOMB_BYTES: number = 256 * MIB;
/** Well-formed, with as much noise as keeps it just below what an archive may expand by. */
const ARCHIVE_BYTES: number = 32 * MIB;

export interface Target {
  readonly port: number;
  readonly grpcPort: number;
}

/** What hostile clients do to a gateway, by name; each at the pace that its line says. */
export const ATTACKS: Readonly<Record<string, (target: Target) => Hostile>> = {
  "slowloris, 2,000 sockets that send a header byte by byte": ({ port }) =>
    holdSockets(port, {
      count: SOCKET_COUNT,
      beginning: `GET /cache/bench/key ${HOST}X: `,
      drip: "x",
    }),
  "2,000 sockets that send a body of 1 GiB byte by byte": ({ port }) =>
    holdSockets(port, {
      count: SOCKET_COUNT,
      beginning: `PUT /cache/bench/slow ${HOST}Content-Length: ${1024 * MIB}\r\n\r\n`,
      drip: "x",
    }),
  "2,000 sockets at the port for gRPC": ({ grpcPort }) =>
    holdSockets(grpcPort, {
      count: SOCKET_COUNT,
      beginning: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      drip: "",
    }),
  "headers of 1 MiB, 50 a second": ({ port }) =>
    fireVolley(port, {
      perSecond: 50,
      countMax: 200,
      bytes: [Buffer.from(`GET /cache/bench/key ${HOST}X: ${"x".repeat(MIB)}\r\n\r\n`)],
    }),
  "bodies of 2 GiB that are announced, 50 a second": ({ port }) =>
    fireVolley(port, {
      perSecond: 50,
      countMax: 200,
      bytes: [Buffer.from(`PUT /cache/bench/giant ${HOST}Content-Length: ${2048 * MIB}\r\n\r\n`)],
    }),
  "4 bodies without an end, 10 MiB a second each": ({ port }) =>
    floodBodies(port, {
      count: 4,
      beginning: `PUT /cache/bench/endless ${HOST}Transfer-Encoding: chunked\r\n\r\n`,
      piece: chunkOf(Buffer.alloc(64 * 1024, "no end")),
      bytesPerSecond: 10 * MIB,
    }),
  "gzip bombs of 256 KiB, 256 MiB when unpacked, 8 a second": ({ port }) =>
    fireVolley(port, { perSecond: 8, countMax: 16, bytes: bombs(zerosBomb()) }),
  "archives of 250 KiB, 32 MiB when unpacked, 8 a second": ({ port }) =>
    fireVolley(port, { perSecond: 8, countMax: 16, bytes: bombs(archiveBomb()) }),
};

function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}
const CRLF = Buffer.from("\r\n");

/** At Nx's door and at Gradle's, which unpack what they take in. */
function bombs(body: Uint8Array): Uint8Array[] {
  const gradle = "Content-Type: application/vnd.gradle.build-cache-artifact.v1\r\n";
  return [
    `PUT /v1/cache/4711 ${HOST}`,
    `PUT /cache/bench/0123456789abcdef0123456789abcdef ${HOST}${gradle}`,
  ].map((head) =>
    Buffer.concat([
      Buffer.from(`${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`),
      body,
    ]),
  );
}

function zerosBomb(): Uint8Array {
  return gzipSync(Buffer.alloc(BOMB_BYTES));
}

/** One file of a tar: noise enough that it shrinks by no more than is allowed. */
function archiveBomb(): Uint8Array {
  const content = Buffer.alloc(ARCHIVE_BYTES);
  for (let at = 0; at < content.length; at += 4096) {
    content.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at);
    content.writeUInt32LE(Math.imul(at + 7, 2_246_822_519) >>> 0, at + 512);
    content.writeUInt32LE(Math.imul(at + 13, 3_266_489_917) >>> 0, at + 1024);
    content.writeUInt32LE(Math.imul(at + 29, 668_265_263) >>> 0, at + 2048);
  }
  return gzipSync(Buffer.concat([tarHead("zeros", content.length), content, tarTail()]));
}

function tarTail(): Uint8Array {
  return Buffer.concat([tarHead("code", 4), Buffer.alloc(512), Buffer.alloc(1024)]);
}

function tarHead(name: string, size: number): Uint8Array {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write("0000644\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  head.write("00000000000\0", 136);
  head.write("        ", 148);
  head.write("0", 156);
  head.write("ustar\0", 257);
  head.write("00", 263);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}
