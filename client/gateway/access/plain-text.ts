import { isIPv4 } from "node:net";
import { QuorateError } from "../../../base/quorate-error.ts";

/** Whether nobody else's network lies between. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * Tokens and values pass in the open without encryption, and can be changed on their way.
 * @throws QuorateError PLAIN_TEXT
 */
export function refusePlainText(host: string, isAllowed: boolean): void {
  if (isAllowed || isLoopback(host)) return;
  throw new QuorateError(
    "PLAIN_TEXT",
    `${host} can be reached from other machines, and nothing would be encrypted`,
    "give --tls-cert and --tls-key, or --allow-plain-text where the network is your own",
  );
}
