import { QuorateError } from "../../base/quorate-error.ts";
import { hostPortOf, isSecureAddress, secureAddress } from "../../base/replica-address.ts";
import { REPLICA_COUNT_MAX } from "../../consensus/limits.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export const LOOPBACK = "127.0.0.1";

/** Fewer than four replicas tolerate no liar at all. */
export const REPLICA_COUNT_MIN = 4;

/**
 * `a:7400,b:7400` to addresses: over TLS wherever a network lies between, unless plain text is
 * allowed there. @throws QuorateError ADDRESS_INVALID
 */
export function parseHosts(text: string, allowPlainText: boolean): string[] {
  const addresses = text.split(",").map((part) => reached(part.trim(), allowPlainText));
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) throw invalid(`${twice} is named twice`);
  return addresses;
}

/**
 * The last colon divides, so `[::1]:7400` works too, and a "tls://" before it says nothing of the
 * place. @throws QuorateError ADDRESS_INVALID
 */
export function splitAddress(address: string): HostPort {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):(\d{1,5})$/.exec(hostPortOf(address));
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw invalid(`"${address}" is no host:port`);
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

/** How a replica is reached whose address was given. @throws QuorateError ADDRESS_INVALID */
export function reached(address: string, allowPlainText: boolean): string {
  const { host } = splitAddress(address);
  const stays = isSecureAddress(address) || allowPlainText || isLoopbackHost(host);
  return stays ? address : secureAddress(address);
}

/** Whether replicas of this cluster are reached without encryption from other machines. */
export function isPlainAcrossNetworks(address: string): boolean {
  return !isSecureAddress(address) && !isLoopbackHost(splitAddress(address).host);
}

/** Nobody but this machine's own processes hears what is said there. */
function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** @throws QuorateError REPLICA_COUNT_INVALID */
export function checkReplicaCount(count: number): void {
  if (count >= REPLICA_COUNT_MIN && count <= REPLICA_COUNT_MAX) return;
  throw new QuorateError(
    "REPLICA_COUNT_INVALID",
    `a cluster has ${REPLICA_COUNT_MIN} to ${REPLICA_COUNT_MAX} replicas, not ${count}`,
    "four tolerate one liar, seven two, ten three",
  );
}

function invalid(message: string): QuorateError {
  return new QuorateError(
    "ADDRESS_INVALID",
    message,
    "write them as in --hosts a:7400,b:7400,c:7400,d:7400",
  );
}
