import { connect } from "node:net";
import type { Socket } from "node:net";
import { helloCodec, ROLE_REPLICA } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { LinkShaper, Place } from "./link-rule.ts";
import { Outbox } from "./outbox.ts";
import { FrameCutter, payloadOf, withBitTurned } from "./web-socket-frames.ts";
import type { RawFrame } from "./web-socket-frames.ts";

/** What one connection asks of the network that it is part of. */
export interface Links {
  shaper(from: Place, to: Place): LinkShaper;
  onTouched(): void;
  below(bound: number): number;
}

/** A head longer than this is no head. */
const HEAD_BYTES_MAX = 64 * 1024;
/** Hellos and proofs: a lost handshake is another fault than a lost message. */
const HANDSHAKE_FRAME_COUNT = 2;
/** What is kept for a slow or cut link before the connection is given up, as a kernel would. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/**
 * One connection through the proxy. Heads of HTTP pass as they are; the frames behind an upgrade are
 * cut, and each passes as the rule of its direction says. A replica that dials says who it is in
 * its hello; until then, and in plain HTTP, the one who asks counts as a client.
 */
export class ProxiedConnection {
  readonly to: number;
  from: Place = "clients";
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #links: Links;
  readonly #inward: Outbox;
  readonly #outward: Outbox;

  constructor(near: Socket, to: number, port: number, links: Links) {
    this.to = to;
    this.#near = near;
    this.#far = connect({ host: "127.0.0.1", port });
    this.#links = links;
    near.setNoDelay(true);
    this.#far.setNoDelay(true);
    for (const socket of [near, this.#far]) {
      socket.on("error", () => this.destroy());
      socket.on("close", () => this.destroy());
    }
    this.#inward = new Outbox((bytes) => this.#write(this.#far, bytes));
    this.#outward = new Outbox((bytes) => this.#write(near, bytes));
    this.#relay(near, this.#far, true);
    this.#relay(this.#far, near, false);
  }

  destroy(): void {
    this.#inward.clear();
    this.#outward.clear();
    this.#near.destroy();
    this.#far.destroy();
  }

  #relay(source: Socket, sink: Socket, isInward: boolean): void {
    let head: Uint8Array | undefined = new Uint8Array(0);
    let isUpgrade = false;
    const cutter = new FrameCutter();
    let dataCount = 0;
    source.on("data", (data: Buffer) => {
      let chunk = new Uint8Array(data);
      if (head !== undefined) {
        const whole = Buffer.concat([head, chunk]);
        const end = whole.indexOf("\r\n\r\n");
        if (end < 0) {
          head = new Uint8Array(whole);
          if (head.length > HEAD_BYTES_MAX) this.destroy();
          return;
        }
        isUpgrade = /^upgrade: *websocket/im.test(whole.toString("latin1", 0, end));
        head = undefined;
        const headEnd = isUpgrade ? end + 4 : whole.length;
        this.#pass(new Uint8Array(whole.subarray(0, headEnd)), isInward);
        chunk = new Uint8Array(whole.subarray(headEnd));
      }
      if (!isUpgrade) {
        if (chunk.length > 0) this.#pass(chunk, isInward);
        return;
      }
      for (const frame of cutter.push(chunk)) {
        if (frame.isData && isInward && dataCount === 0) this.#learn(frame);
        if (frame.isData) dataCount++;
        const isMessage = frame.isData && dataCount > HANDSHAKE_FRAME_COUNT;
        if (isMessage) this.#passMessage(frame, isInward);
        else this.#pass(frame.bytes, isInward);
      }
    });
    source.on("end", () => sink.end());
  }

  #learn(frame: RawFrame): void {
    const payload = payloadOf(frame);
    if (payload[0] !== FRAME.hello) return;
    const hello = helloCodec.tryDecode(payload.subarray(1));
    if (hello !== undefined && hello.role === ROLE_REPLICA) this.from = hello.index;
  }

  #shaper(isInward: boolean): LinkShaper {
    return isInward
      ? this.#links.shaper(this.from, this.to)
      : this.#links.shaper(this.to, this.from);
  }

  /** What TCP would carry again and again: it is late, never lost; on a cut link it goes nowhere. */
  #pass(bytes: Uint8Array, isInward: boolean): void {
    const shaper = this.#shaper(isInward);
    if (shaper.rule?.cut === true) {
      this.#links.onTouched();
      return;
    }
    const { delayMs = 0 } = shaper.rule ?? {};
    this.#put(bytes, delayMs, isInward);
  }

  #passMessage(frame: RawFrame, isInward: boolean): void {
    const shaper = this.#shaper(isInward);
    const passages = shaper.pass(frame.bytes.length, performance.now());
    if (shaper.rule !== undefined) this.#links.onTouched();
    for (const { afterMs, corrupt } of passages) {
      const bytes = corrupt ? withBitTurned(frame, this.#links.below(1 << 20)) : frame.bytes;
      this.#put(bytes, afterMs, isInward);
    }
  }

  #put(bytes: Uint8Array, afterMs: number, isInward: boolean): void {
    const outbox = isInward ? this.#inward : this.#outward;
    outbox.put(bytes, afterMs);
    if (outbox.waitingBytes > WAITING_BYTES_MAX) this.destroy();
  }

  #write(sink: Socket, bytes: Uint8Array): void {
    sink.write(bytes);
    if (sink.writableLength > WAITING_BYTES_MAX) this.destroy();
  }
}
