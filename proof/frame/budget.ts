/**
 * What one check may take. Part of the checker's id, because two replicas with different budgets
 * would answer differently for one proof.
 */
export interface Budget {
  /** In steps of the kind's own counting; a quadratic path counts each of its steps. */
  readonly stepsMax: number;
  /** Of obligation and proof together, looked at before anything is parsed. */
  readonly bytesMax: number;
  /** Of what the checker holds at once, by its own count of its arrays. */
  readonly liveBytesMax: number;
}

/**
 * Names a checker: kind with its version, the checker's own version, and its budget. Equal ids
 * promise equal results for equal bytes; a negative result is kept under the id.
 */
export function checkerId(kind: string, checkerVersion: number, budget: Budget): string {
  const { stepsMax, bytesMax, liveBytesMax } = budget;
  return `${kind} checker ${checkerVersion} steps ${stepsMax} bytes ${bytesMax} memory ${liveBytesMax}`;
}
