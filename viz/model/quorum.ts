/** ⌈(n+f+1)/2⌉: any two of so many share a correct member. */
export function quorum(memberCount: number, faultyMax: number): number {
  return Math.ceil((memberCount + faultyMax + 1) / 2);
}
