import { QuorateError } from "../../base/quorate-error.ts";
import { REPLICA_COUNT_MAX } from "../../consensus/limits.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export const LOOPBACK = "127.0.0.1";

/** Fewer than four replicas tolerate no liar at all. */
export const REPLICA_COUNT_MIN = 4;

/** `a:7400,b:7400` to addresses. @throws QuorateError ADDRESS_INVALID */
export function parseHosts(text: string): string[] {
  const addresses = text.split(",").map((part) => part.trim());
  for (const address of addresses) splitAddress(address);
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) throw invalid(`${twice} is named twice`);
  return addresses;
}

/** The last colon divides, so `[::1]:7400` works too. @throws QuorateError ADDRESS_INVALID */
export function splitAddress(address: string): HostPort {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):(\d{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw invalid(`"${address}" is no host:port`);
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
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
