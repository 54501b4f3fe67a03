import type { ByteReader } from "../frame/byte-reader.ts";
import { reject } from "../frame/stop.ts";
import type { ProofHead } from "./proof-object.ts";
import { readStep } from "./proof-object.ts";

/** A step and what it was applied to: nodes, in the order of the cited frame's hypotheses. */
export interface ProofNode {
  /** A hypothesis (variables, essentials, dummies), or a citation counted behind them. */
  readonly step: number;
  readonly premises: readonly number[];
  /** How often it is a premise. */
  uses: number;
}

/**
 * A stored proof as a graph, so that it can be written down again in another order of arguments.
 * `argumentCounts` is by citation. The last node is what is proved.
 */
export function readProofGraph(
  reader: ByteReader,
  head: ProofHead,
  hypothesisCount: number,
  argumentCounts: readonly number[],
): readonly ProofNode[] {
  const nodes: ProofNode[] = [];
  const hypotheses = new Map<number, number>();
  const stack: number[] = [];
  const saved: number[] = [];
  for (let left = head.stepCount; left > 0; left--) {
    const offset = reader.offset;
    const step = readStep(reader);
    const citation = (step ?? 0) - hypothesisCount;
    if (step === undefined) saved.push(stack.at(-1) ?? reject("save-without-step", offset));
    else if (citation >= head.citations.length) {
      stack.push(saved[citation - head.citations.length] ?? reject("saved-undefined", offset));
    } else if (citation >= 0) {
      const count = argumentCounts[citation]!;
      if (count > stack.length) reject("stack-underflow", offset);
      const taken = stack.splice(stack.length - count, count);
      const { positions } = head.citations[citation]!;
      const premises = positions?.map((position) => taken[position]!) ?? taken;
      for (const premise of premises) nodes[premise]!.uses++;
      stack.push(nodes.push({ step, premises, uses: 0 }) - 1);
    } else {
      const known = hypotheses.get(step) ?? nodes.push({ step, premises: [], uses: 0 }) - 1;
      hypotheses.set(step, known);
      stack.push(known);
    }
  }
  if (stack.length !== 1) reject("stack-left", reader.offset);
  // What is proved is the last node, unless the proof is but a hypothesis or saved step again.
  if (stack[0] !== nodes.length - 1) nodes.push(nodes[stack[0]!]!);
  return nodes;
}
