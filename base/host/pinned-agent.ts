import { Agent } from "node:http";
import type { AgentOptions, ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { connect, TLSSocket } from "node:tls";
import { equalBytes } from "../bytes.ts";
import { secureAddress } from "../replica-address.ts";
import type { PublicKey } from "../types.ts";
import type { TlsIdentity } from "./signing-key.ts";

/** What is known of those who are reached over TLS. */
export interface Pins {
  /** Whose key must be shown at this "tls://host:port"; undefined: nobody is known to listen there. */
  keyOf(address: string): PublicKey | undefined;
  /** What we show, if we have a name to show. */
  readonly own?: TlsIdentity | undefined;
}

/** Of a process that reaches nobody over TLS. */
export const NO_PINS: Pins = { keyOf: () => undefined };

/** What every connection over TLS has; no authority vouches for anybody, so none is asked. */
export const TLS_OPTIONS = { minVersion: "TLSv1.3", rejectUnauthorized: false } as const;

/** TCP, TLS and the other side's certificate take a few round trips. */
const HANDSHAKE_MS_MAX = 10_000;

type Callback = (error: Error | null, stream: Duplex) => void;

/**
 * Connections over TLS 1.3 to replicas whose keys are known. A request is not begun before the
 * other side has proven that it holds the key that belongs there: nothing leaves towards anybody
 * else. Its URLs begin with "http": what they are carried by is this agent's affair.
 */
export class PinnedAgent extends Agent {
  readonly #pins: Pins;

  constructor(options: AgentOptions, pins: Pins) {
    super(options);
    this.#pins = pins;
  }

  override createConnection(options: ClientRequestArgs, callback?: Callback): undefined {
    const done = callback as Callback;
    const { host, port } = options;
    const text = String(host);
    const named = text.includes(":") ? `[${text}]` : text;
    const expected = this.#pins.keyOf(secureAddress(`${named}:${port}`));
    if (expected === undefined) {
      fail(done, `nobody is known at ${named}:${port}`);
      return;
    }
    const socket = connect({ ...this.#pins.own, ...TLS_OPTIONS, host: text, port: Number(port) });
    socket.setNoDelay(true);
    const timer = setTimeout(
      () => socket.destroy(new Error("the TLS handshake takes too long")),
      HANDSHAKE_MS_MAX,
    );
    const onError = (error: Error): void => {
      clearTimeout(timer);
      done(error, socket);
    };
    socket.once("error", onError);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      if (!showsKey(socket, expected)) {
        socket.destroy(new Error(`${named}:${port} does not hold the key that belongs there`));
        return;
      }
      socket.off("error", onError);
      done(null, socket);
    });
  }
}

/**
 * Whether the other side of a TLS connection has proven to hold this key. To be asked once of a
 * connection that we made: of its client's side, Node hands the certificate over a single time.
 */
export function showsKey(socket: Duplex, expected: PublicKey): boolean {
  if (!(socket instanceof TLSSocket)) return false;
  const key = socket.getPeerX509Certificate()?.publicKey;
  if (key?.asymmetricKeyType !== "ed25519") return false;
  const spki = key.export({ format: "der", type: "spki" });
  return equalBytes(new Uint8Array(spki.subarray(-expected.length)), expected);
}

function fail(callback: Callback, message: string): void {
  // Not before the request is there to be told.
  process.nextTick(callback, new Error(message));
}
