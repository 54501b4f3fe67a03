import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { lookup } from "node:dns";
import { NTP_NONCE_SIZE, ntpReply, ntpRequest } from "../../base/time/ntp-packet.ts";
import { sampleOf } from "../../base/time/time-sample.ts";
import type { NoSample, TimeSample } from "../../base/time/time-sample.ts";

/** What came of one question: exactly one of these, and always in time. */
export type TimeAnswer =
  | { readonly kind: "sample"; readonly sample: TimeSample; readonly strays: number }
  | { readonly kind: "refused"; readonly why: NoSample; readonly strays: number }
  | { readonly kind: "silent"; readonly why: string; readonly strays: number };

export interface SntpQuestion {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly monotonicMs: () => number;
}

/** Datagrams that are no answer, before no more are read: a flood is not to be waited out. */
const STRAY_COUNT_MAX = 64;

/**
 * Asks one NTP server one time (SNTP, RFC 4330 §5, RFC 5905). Each question has a socket and
 * a port of its own, connected, so that the kernel drops what others send; and a nonce of 64 bits,
 * which the answer must repeat. Never throws.
 */
export function askSntp(question: SntpQuestion): Promise<TimeAnswer> {
  return new Promise((resolve) => {
    const exchange = new Exchange(question, resolve);
    exchange.begin();
  });
}

class Exchange {
  readonly #question: SntpQuestion;
  readonly #resolve: (answer: TimeAnswer) => void;
  readonly #nonce = new Uint8Array(randomBytes(NTP_NONCE_SIZE));
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #address = "";
  #sentMs = 0;
  #strays = 0;
  #isOver = false;

  constructor(question: SntpQuestion, resolve: (answer: TimeAnswer) => void) {
    this.#question = question;
    this.#resolve = resolve;
    // From here on, so that names which nobody resolves are waited for no longer than servers.
    this.#timer = setTimeout(() => this.#fail("no answer in time"), question.timeoutMs);
  }

  begin(): void {
    const { host } = this.#question;
    lookup(host, (error, address, family) => {
      if (this.#isOver) return;
      if (error !== null) this.#fail(`no address (${error.code ?? error.message})`);
      else this.#open(address, family === 6 ? "udp6" : "udp4");
    });
  }

  #open(address: string, type: "udp4" | "udp6"): void {
    this.#address = address;
    const socket = createSocket(type);
    this.#socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error.code ?? error.message));
    socket.on("message", (packet, from) => this.#receive(packet, from));
    try {
      socket.connect(this.#question.port, address, () => {
        this.#sentMs = this.#question.monotonicMs();
        socket.send(ntpRequest(this.#nonce));
      });
    } catch (error) {
      this.#fail((error as NodeJS.ErrnoException).code ?? String(error));
    }
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    const receivedMs = this.#question.monotonicMs();
    const isTheirs = from.address === this.#address && from.port === this.#question.port;
    const reply = isTheirs ? ntpReply(new Uint8Array(packet), this.#nonce) : undefined;
    if (reply === undefined) {
      if (++this.#strays > STRAY_COUNT_MAX) this.#fail("nothing but strangers' datagrams");
      return;
    }
    const judged = sampleOf(reply, { sentMs: this.#sentMs, receivedMs });
    const strays = this.#strays;
    this.#end(
      "sample" in judged
        ? { kind: "sample", sample: judged.sample, strays }
        : { kind: "refused", why: judged.refused, strays },
    );
  }

  #fail(why: string): void {
    this.#end({ kind: "silent", why, strays: this.#strays });
  }

  #end(answer: TimeAnswer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket !== undefined) {
      socket.removeAllListeners();
      // What still arrives, an error too, concerns nobody.
      socket.on("error", () => undefined);
      socket.close();
    }
    this.#resolve(answer);
  }
}
