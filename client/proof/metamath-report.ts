import type { Cost, Refused } from "../../proof/frame/check-result.ts";

/** What a metamath worker is asked. */
export interface MetamathTask {
  readonly source: Uint8Array;
  /** An axiom or theorem whose key is wanted. */
  readonly label: string | undefined;
}

export type RefusedAt = Refused & {
  /** Of the theorem whose proof it is; undefined: of the database itself. */
  readonly label: string | undefined;
  /** From 1, in bytes. */
  readonly line: number;
  readonly column: number;
};

export interface MetamathReport {
  readonly checker: string;
  /** `accept` when nothing at all was refused. */
  readonly status: "accept" | Refused["status"];
  readonly theorems: number;
  readonly axioms: number;
  readonly refusedCount: number;
  /** The first of them. */
  readonly refused: readonly RefusedAt[];
  readonly cost: Cost;
  readonly asked: AskedStatement | undefined;
}

export interface AskedStatement {
  readonly label: string;
  /** Hex. */
  readonly key: string;
  readonly kind: string;
  readonly isAxiom: boolean;
  /** The canonical text, hex. */
  readonly payload: string;
  /** Number of axioms that its proof rests on; undefined when that is not known. */
  readonly axiomCount: number | undefined;
}
