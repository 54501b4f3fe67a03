import type { Meter } from "../../frame/meter.ts";
import type { NormalForm } from "./normal-form.ts";

/**
 * A normal form as a graph: vertices 0 to 2n−1 are the literals, 2n to 2n+m−1 the clauses; a
 * clause touches its literals, a literal its negation (`literal ^ 1`, not stored).
 */
export interface ClauseGraph {
  readonly literalCount: number;
  readonly vertexCount: number;
  /** Neighbours of vertex v: neighbours[starts[v]] up to neighbours[starts[v + 1]]. */
  readonly neighbours: Int32Array;
  readonly starts: Int32Array;
}

export function clauseGraph(form: NormalForm, meter: Meter): ClauseGraph {
  const literalCount = 2 * form.variableCount;
  const clauseCount = form.starts.length - 1;
  const vertexCount = literalCount + clauseCount;
  const size = form.literals.length;
  meter.hold(4 * (vertexCount + 1 + 2 * size));
  const starts = new Int32Array(vertexCount + 1);
  const neighbours = new Int32Array(2 * size);
  for (const literal of form.literals) starts[literal + 1]!++;
  for (let literal = 0; literal < literalCount; literal++) {
    starts[literal + 1]! += starts[literal]!;
  }
  const next = starts.slice(0, literalCount);
  for (let clause = 0; clause < clauseCount; clause++) {
    for (let at = form.starts[clause]!; at < form.starts[clause + 1]!; at++) {
      neighbours[next[form.literals[at]!]!++] = literalCount + clause;
      neighbours[size + at] = form.literals[at]!;
    }
    starts[literalCount + clause + 1] = size + form.starts[clause + 1]!;
  }
  return { literalCount, vertexCount, neighbours, starts };
}
