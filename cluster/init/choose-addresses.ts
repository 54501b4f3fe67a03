import { QuorateError } from "../../base/quorate-error.ts";
import { freePorts } from "../launcher/claim-ports.ts";
import { checkReplicaCount, LOOPBACK, parseHosts } from "./addresses.ts";

export interface AddressChoice {
  readonly replicas?: number;
  /** 0: any free ones. */
  readonly basePort?: number;
  /** host:port by commas; excludes a base port. */
  readonly hosts?: string;
  /** Between machines nothing is encrypted. */
  readonly allowPlainText?: boolean;
}

export const REPLICA_COUNT_DEFAULT = 4;
export const BASE_PORT_DEFAULT = 7400;
const PORT_MAX = 65_535;

/** @throws QuorateError ADDRESS_INVALID, REPLICA_COUNT_INVALID, OPTIONS_CONTRADICT */
export async function chooseAddresses(choice: AddressChoice): Promise<string[]> {
  if (choice.hosts !== undefined) return chooseHosts(choice, choice.hosts);
  const count = choice.replicas ?? REPLICA_COUNT_DEFAULT;
  checkReplicaCount(count);
  const basePort = choice.basePort ?? BASE_PORT_DEFAULT;
  if (basePort + count - 1 > PORT_MAX) {
    throw contradiction(`${count} ports from ${basePort} on pass ${PORT_MAX}`);
  }
  const ports =
    basePort === 0
      ? await freePorts(LOOPBACK, count)
      : Array.from({ length: count }, (_, index) => basePort + index);
  return ports.map((port) => `${LOOPBACK}:${port}`);
}

function chooseHosts(choice: AddressChoice, hosts: string): string[] {
  if (choice.basePort !== undefined) throw contradiction("--hosts names the ports already");
  const addresses = parseHosts(hosts, choice.allowPlainText ?? false);
  if (choice.replicas !== undefined && choice.replicas !== addresses.length) {
    throw contradiction(
      `--hosts names ${addresses.length} replicas, --replicas ${choice.replicas}`,
    );
  }
  checkReplicaCount(addresses.length);
  return addresses;
}

function contradiction(message: string): QuorateError {
  return new QuorateError("OPTIONS_CONTRADICT", message, "leave one of the options out");
}
