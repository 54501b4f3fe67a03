import type { Hash } from "../../base/types.ts";
import type { Budget } from "../frame/budget.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import { Meter } from "../frame/meter.ts";
import { keyOfObligation } from "../frame/obligation.ts";
import { judged } from "../frame/stop.ts";
import { METAMATH_1 } from "./database.ts";
import { decodePayload } from "./payload.ts";
import { encodeProof } from "./proof-object.ts";
import type { Statement } from "./statement.ts";
import { SyntaxChart } from "./syntax-chart.ts";
import type { Derivation, Production } from "./syntax-chart.ts";
import { TokenTable } from "./token-table.ts";

export interface SyntaxProof {
  /** In stored form; to be checked like anybody's. */
  readonly proof: Uint8Array;
  /** Payloads of the axioms that it cites. */
  readonly cited: readonly Uint8Array[];
}

/**
 * Axioms of syntax as a grammar: `$a wff ( p -> q ) $.` says that a wff may be a bracket, a wff, an
 * arrow, a wff and a bracket. A statement such as `wff ( p -> ( q -> p ) )` then is a text to be
 * parsed, and its proof the way in which it was. Axioms with hypotheses, with distinct variables or
 * with a variable twice are no rules of a grammar and left out.
 */
export class SyntaxGrammar {
  readonly #hash: (bytes: Uint8Array) => Hash;
  readonly #budget: Budget;
  readonly #tokens: TokenTable;
  readonly #axioms: readonly Uint8Array[];
  readonly #productions: readonly Production[];

  constructor(hash: (bytes: Uint8Array) => Hash, axioms: readonly Uint8Array[], budget: Budget) {
    this.#hash = hash;
    this.#budget = budget;
    this.#axioms = axioms;
    this.#tokens = new TokenTable(new Meter(budget));
    this.#productions = axioms.flatMap((axiom, number) => {
      const statement = this.#read(axiom);
      return (statement && productionOf(statement, number)) ?? [];
    });
  }

  /** Undefined: it is no statement of syntax, has no derivation, or the budget is spent. */
  prove(payload: Uint8Array): SyntaxProof | undefined {
    const statement = this.#read(payload);
    if (statement === undefined || statement.isAxiom || statement.conclusion.length < 2) {
      return undefined;
    }
    const meter = new Meter(this.#budget);
    const result = judged(() => {
      const chart = new SyntaxChart(this.#productions, statement.typecodes, meter);
      return chart.derive(statement.conclusion[0]!, statement.conclusion.slice(1));
    });
    if (result.status !== "accept" || result.value === undefined) return undefined;
    return this.#write(result.value, statement);
  }

  #read(payload: Uint8Array): Statement | undefined {
    const result = judged(() => decodePayload(payload, this.#tokens, new Meter(this.#budget)));
    return result.status === "accept" ? result.value : undefined;
  }

  /** Arguments first, as the stack wants them. Deep texts need no deep calls. */
  #write(root: Derivation, { typecodes, essentials }: Statement): SyntaxProof {
    const cited: number[] = [];
    const places = new Map<number, number>();
    const steps = new ByteWriter();
    let stepCount = 0;
    const open: { readonly node: Derivation; next: number }[] = [{ node: root, next: 0 }];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const { node } = top;
      const child = node.kind === "rule" ? node.children[top.next++] : undefined;
      if (child !== undefined) {
        open.push({ node: child, next: 0 });
        continue;
      }
      let step = node.kind === "variable" ? node.variable : 0;
      if (node.kind === "rule") {
        let place = places.get(node.axiom);
        if (place === undefined) places.set(node.axiom, (place = cited.push(node.axiom) - 1));
        step = typecodes.length + essentials.length + place;
      }
      steps.varint(step + 1);
      stepCount++;
      open.pop();
    }
    const payloads = cited.map((axiom) => this.#axioms[axiom]!);
    const citations = payloads.map((payload) => ({
      key: keyOfObligation(this.#hash, { kind: METAMATH_1, payload }),
      positions: undefined,
    }));
    const proof = encodeProof({ dummies: [], citations, steps: steps.finish(), stepCount });
    return { proof, cited: payloads };
  }
}

function productionOf(statement: Statement, axiom: number): Production | undefined {
  const { isAxiom, typecodes, conclusion, essentials, pairs } = statement;
  const [result, ...symbols] = conclusion;
  const variables = symbols.filter((symbol) => symbol < 0);
  const isRule = isAxiom && essentials.length === 0 && pairs.length === 0 && symbols.length > 0;
  const isInOrder = variables.every((symbol, index) => ~symbol === index);
  if (!isRule || !isInOrder || variables.length !== typecodes.length) return undefined;
  const parts = symbols.map((symbol) =>
    symbol < 0 ? { typecode: typecodes[~symbol]! } : { constant: symbol },
  );
  return { axiom, result: result!, parts };
}
