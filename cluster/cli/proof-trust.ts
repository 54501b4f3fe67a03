/** What every command says of a proof that it hands on (docs/trust.md). */
export interface ProofTrust {
  readonly grade: string;
  /** 0 to 1: a policy's number, and no probability. */
  readonly confidence: number;
  /** For people: where it came from, and who found that it holds. */
  readonly provenance: string;
}

/** This machine's kernel has accepted it. */
export function checkedHere(provenance: string): ProofTrust {
  return { grade: "checked-here", confidence: 1, provenance };
}

export function trustLine({ grade, confidence, provenance }: ProofTrust): string {
  return `grade ${grade}  confidence ${confidence.toFixed(2)}  provenance: ${provenance}`;
}
