import { isIP } from "node:net";
import { QuorateError } from "../../base/quorate-error.ts";

/** Where time is asked for: an NTP server, or the chrony of this machine. */
export type TimeSource =
  | { readonly kind: "ntp"; readonly name: string; readonly host: string; readonly port: number }
  | { readonly kind: "chrony"; readonly name: string };

const NTP_PORT = 123;
/** As many as the largest pool that Khronos was thought for. */
export const TIME_SOURCE_COUNT_MAX = 500;

/**
 * Reads `host`, `host:port`, an IPv6 address with or without brackets, or `chrony`.
 *
 * @throws QuorateError TIME_SERVER
 */
export function parseTimeSource(text: string): TimeSource {
  if (text === "chrony") return { kind: "chrony", name: text };
  if (isIP(text) === 6) return { kind: "ntp", name: text, host: text, port: NTP_PORT };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? NTP_PORT);
  const isHost = host !== undefined && (match?.[1] === undefined || isIP(host) === 6);
  if (!isHost || port < 1 || port > 65_535) {
    throw new QuorateError(
      "TIME_SERVER",
      `${text} is no time server`,
      "write host, host:port, [IPv6]:port, or chrony for the one that runs on this machine",
    );
  }
  return { kind: "ntp", name: text, host, port };
}

/** @throws QuorateError TIME_SERVER when one is none, there are too many, or one stands twice */
export function parseTimeSources(texts: readonly string[]): readonly TimeSource[] {
  if (texts.length > TIME_SOURCE_COUNT_MAX || new Set(texts).size !== texts.length) {
    throw new QuorateError(
      "TIME_SERVER",
      "too many time servers, or one of them twice",
      `name up to ${TIME_SOURCE_COUNT_MAX} servers, each once: whoever stands twice has two votes`,
    );
  }
  return texts.map(parseTimeSource);
}
