import { connect } from "node:net";
import { WebSocket } from "ws";
import type { Prng } from "../../base/prng.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { Fault } from "./fault.ts";

const EVERY_MS = 50;
const GIANT_BYTES = 24 * 1024 * 1024;
const PATHS = [
  ...["/blob/../../key.json", "/blob/%2e%2e%2fkey.json", `/blob/${"a".repeat(10_000)}`],
  ...["/evidence/..%2fkey.json", `/${"%00".repeat(500)}`, "//etc/passwd"],
];

/** One after another at a random replica: what no client would ever send. */
export function bombFault(): Fault {
  let timer: NodeJS.Timeout | undefined;
  let count = 0;
  return {
    kind: "bombs",
    available: () => undefined,
    inject({ cluster, prng }) {
      timer = setInterval(() => {
        const { listen } = cluster.network.seats[prng.below(cluster.replicaCount)]!;
        BOMBS[count++ % BOMBS.length]!(listen, prng);
      }, EVERY_MS);
      return Promise.resolve();
    },
    heal() {
      clearInterval(timer);
      return Promise.resolve();
    },
    missed: () => (count > 0 ? undefined : "nothing was sent"),
    describe: () => `${count} giant frames, torn requests, noise and strange paths`,
  };
}

type Bomb = (listen: string, prng: Prng) => void;

const BOMBS: readonly Bomb[] = [
  // A frame beyond every bound, at either door.
  (listen) => overSocket(`ws://${listen}/peer`, () => new Uint8Array(GIANT_BYTES)),
  (listen) => overSocket(`ws://${listen}/client`, () => new Uint8Array(GIANT_BYTES)),
  // Kinds that are known, before and instead of any handshake, and noise behind them.
  (listen, prng) =>
    overSocket(`ws://${listen}/client`, () =>
      Uint8Array.from([FRAME.submit, ...prng.bytes(2_000)]),
    ),
  (listen, prng) =>
    overSocket(`ws://${listen}/peer`, () => Uint8Array.from([FRAME.hello, ...prng.bytes(200)])),
  // No HTTP at all, and heads without an end.
  (listen, prng) => overTcp(listen, prng.bytes(4_000)),
  (listen) => overTcp(listen, `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(20_000)}`),
  (listen) => overTcp(listen, "POST /blob/0 HTTP/1.1\r\ncontent-length: 99999999999999\r\n\r\n"),
  (listen, prng) =>
    overTcp(listen, `GET ${PATHS[prng.below(PATHS.length)]!} HTTP/1.1\r\nhost: x\r\n\r\n`),
];

const PATIENCE_MS = 3_000;

function overSocket(url: string, bytes: () => Uint8Array): void {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: PATIENCE_MS });
  socket.on("open", () => {
    socket.send(bytes(), () => undefined);
    setTimeout(() => socket.terminate(), PATIENCE_MS).unref();
  });
  socket.on("error", () => undefined);
}

function overTcp(listen: string, bytes: Uint8Array | string): void {
  const [host, port] = listen.split(":");
  const socket = connect({ host: host!, port: Number(port) }, () => socket.write(bytes));
  socket.on("error", () => undefined);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
}
