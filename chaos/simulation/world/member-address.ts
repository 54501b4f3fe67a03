/** No port is 0. */
const PORT_FIRST = 7400;

/** Where a machine is reached, as a configuration that is ordered may say it. */
export function memberAddressOf(machine: number): string {
  return `replica:${PORT_FIRST + machine}`;
}

/** Which machine that is. */
export function machineAt(memberAddress: string): number {
  return Number(memberAddress.split(":")[1]) - PORT_FIRST;
}
