/** host:port, the host an address or a DNS name; before it "tls://" where nothing else is spoken. */
const GRAMMAR =
  /^(?:tls:\/\/)?(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):([1-9][0-9]{0,4})$/u;
const PORT_MAX = 65_535;

/** Whether a member may be said to listen there: in `cluster.json`, and in any later order. */
export function isMemberAddress(text: string): boolean {
  return Number(GRAMMAR.exec(text)?.[1] ?? Number.NaN) <= PORT_MAX;
}
