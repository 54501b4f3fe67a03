/**
 * Where a replica listens: "host:port" in plain text, or "tls://host:port" over TLS 1.3 alone. Which
 * of the two is part of `cluster.json` and of every later configuration, so nobody on the way can
 * talk anybody into plain text.
 */
const SECURE = "tls://";

export function isSecureAddress(address: string): boolean {
  return address.startsWith(SECURE);
}

export function hostPortOf(address: string): string {
  return isSecureAddress(address) ? address.slice(SECURE.length) : address;
}

/** The address of who is reached there over TLS. */
export function secureAddress(hostPort: string): string {
  return `${SECURE}${hostPort}`;
}
