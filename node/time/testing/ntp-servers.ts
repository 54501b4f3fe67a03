import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../../base/bytes.ts";
import { NTP_PACKET_SIZE, writeNtpTimestamp } from "../../../base/time/ntp-packet.ts";
import { askSntp } from "../sntp-client.ts";

export const CHRONYD = "/usr/sbin/chronyd";
export const FAKETIME = "/usr/bin/faketime";
export const hasChrony: boolean = existsSync(CHRONYD) && existsSync(FAKETIME);

/** Two milliseconds, in 65,536ths of a second. */
const DISPERSION = 131;
const STARTS_MAX = 5;
const ANSWERS_WITHIN_MS = 30_000;

export interface RunningServer {
  readonly name: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Debian's chronyd as a server of its own stratum. It serves the machine's clock, or what
 * libfaketime makes of it, and sets none (`-x`).
 *
 * @param fake What libfaketime is to do, as "+5s".
 */
export async function startChronyd(
  folder: string,
  address: string,
  fake?: string,
): Promise<RunningServer> {
  for (let start = 0; ; start++) {
    const port = await freePort(address);
    const child = launch(join(folder, `${address}-${port}`), address, port, fake);
    const end = (): Promise<void> => ended(child);
    if (await answers(address, port, child))
      return { name: `${address}:${port}`, port, close: end };
    await end();
    // Somebody else may have had that port in between.
    if (start === STARTS_MAX) throw new Error(`chronyd does not answer at ${address}:${port}`);
  }
}

function launch(folder: string, address: string, port: number, fake?: string): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "chrony.conf");
  const lines = [
    ...[`port ${port}`, `bindaddress ${address}`, "allow", "local stratum 5", "cmdport 0"],
    ...[`pidfile ${join(folder, "chronyd.pid")}`, "bindcmdaddress /", ""],
  ];
  writeFileSync(file, lines.join("\n"));
  const command = [CHRONYD, "-x", "-d", "-U", "-f", file];
  const whole = fake === undefined ? command : [FAKETIME, "-m", "-f", fake, ...command];
  return spawn(whole[0]!, whole.slice(1), { stdio: "ignore", detached: true });
}

async function answers(address: string, port: number, child: ChildProcess): Promise<boolean> {
  const until = performance.now() + ANSWERS_WITHIN_MS;
  const monotonicMs = (): number => performance.now();
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    const answer = await askSntp({ host: address, port, timeoutMs: 300, monotonicMs });
    if (answer.kind === "sample") return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** faketime stands before chronyd: both are of one group. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGKILL");
  await gone;
}

export type Misbehaviour = (question: Buffer, from: RemoteInfo, socket: Socket) => void;

/** A server that does as it likes. */
export async function startOddServer(misbehave: Misbehaviour): Promise<RunningServer> {
  const socket = createSocket("udp4");
  socket.on("message", (question, from) => misbehave(question, from, socket));
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const close = (): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));
  return { name: `127.0.0.1:${port}`, port, close };
}

/** A right answer to a question, but for what is to be wrong with it. */
export function answerTo(
  question: Uint8Array,
  wrong: {
    readonly byMs?: number;
    readonly leap?: number;
    readonly stratum?: number;
    readonly reference?: string;
    readonly origin?: Uint8Array;
  } = {},
): Uint8Array {
  const packet = new Uint8Array(NTP_PACKET_SIZE);
  const view = new DataView(packet.buffer);
  packet[0] = ((wrong.leap ?? 0) << 6) | (4 << 3) | 4;
  packet[1] = wrong.stratum ?? 2;
  view.setInt8(3, -20);
  // The machine's clock is read in whole milliseconds.
  view.setUint32(8, DISPERSION);
  packet.set(utf8(wrong.reference ?? "TEST"), 12);
  packet.set(wrong.origin ?? question.subarray(40, 48), 24);
  const nowMs = Date.now() + (wrong.byMs ?? 0);
  writeNtpTimestamp(view, 32, nowMs);
  writeNtpTimestamp(view, 40, nowMs);
  return packet;
}

async function freePort(address: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
