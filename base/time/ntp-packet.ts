import { equalBytes } from "../bytes.ts";

/** The Network Time Protocol's header (RFC 5905 §7.3), as a client needs it. */
export const NTP_PACKET_SIZE = 48;
export const NTP_NONCE_SIZE = 8;

const MODE_SERVER = 4;
const CLIENT_VERSION_4 = 0x23;
const ORIGIN_AT = 24;
const RECEIVE_AT = 32;
const TRANSMIT_AT = 40;
/** Seconds from 1900, where NTP begins, to 1970. */
const SECONDS_TO_1970 = 2_208_988_800;
const TWO_TO_16 = 0x1_0000;
const TWO_TO_32 = 0x1_0000_0000;
/** Timestamps below it are of the era that begins in 2036: what is read lies in 1968 to 2104. */
const ERA_PIVOT = 0x8000_0000;

/** What a server said, times in milliseconds since 1970. */
export interface NtpReply {
  /** 0 none, 1 the day's last minute has 61 seconds, 2 it has 59, 3 not synchronised. */
  readonly leap: number;
  /** 0: a kiss of death, whose code stands in `reference`. */
  readonly stratum: number;
  readonly precisionMs: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
  /** Four letters, or dots for what is none. */
  readonly reference: string;
  readonly receivedMs: number;
  readonly sentMs: number;
}

/**
 * A question that tells nothing: where a client's time would stand is a nonce, which the server
 * sends back, so that only who saw the question can answer it.
 */
export function ntpRequest(nonce: Uint8Array): Uint8Array {
  const packet = new Uint8Array(NTP_PACKET_SIZE);
  packet[0] = CLIENT_VERSION_4;
  packet.set(nonce.subarray(0, NTP_NONCE_SIZE), TRANSMIT_AT);
  return packet;
}

/** Undefined: no server's answer to the question with this nonce. */
export function ntpReply(packet: Uint8Array, nonce: Uint8Array): NtpReply | undefined {
  if (packet.length < NTP_PACKET_SIZE) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, NTP_PACKET_SIZE);
  const first = view.getUint8(0);
  const version = (first >> 3) & 7;
  if ((first & 7) !== MODE_SERVER || version < 3 || version > 4) return undefined;
  const origin = packet.subarray(ORIGIN_AT, ORIGIN_AT + NTP_NONCE_SIZE);
  if (!equalBytes(origin, nonce.subarray(0, NTP_NONCE_SIZE))) return undefined;
  return {
    leap: first >> 6,
    stratum: view.getUint8(1),
    precisionMs: 1000 * 2 ** view.getInt8(3),
    rootDelayMs: (1000 * view.getInt32(4)) / TWO_TO_16,
    rootDispersionMs: (1000 * view.getUint32(8)) / TWO_TO_16,
    reference: letters(packet.subarray(12, 16)),
    receivedMs: timestampMs(view, RECEIVE_AT),
    sentMs: timestampMs(view, TRANSMIT_AT),
  };
}

/** For servers of tests. */
export function writeNtpTimestamp(view: DataView, at: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  view.setUint32(at, (seconds + SECONDS_TO_1970) % TWO_TO_32);
  view.setUint32(at + 4, Math.floor(((ms - seconds * 1000) / 1000) * TWO_TO_32) % TWO_TO_32);
}

/** NaN for the zero that means unknown. */
function timestampMs(view: DataView, at: number): number {
  const seconds = view.getUint32(at);
  const fraction = view.getUint32(at + 4);
  if (seconds === 0 && fraction === 0) return Number.NaN;
  const era = seconds < ERA_PIVOT ? TWO_TO_32 : 0;
  return (seconds + era - SECONDS_TO_1970) * 1000 + (fraction * 1000) / TWO_TO_32;
}

function letters(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    .join("");
}
