import type { ProofNode } from "./proof-graph.ts";

const LINE_LETTERS = 76;

interface Cited {
  readonly label: string;
  readonly order: readonly number[];
}

/** Writes a graph as a compressed proof; what is used twice is remembered the first time. */
export class CompressedWriter {
  readonly #order: readonly number[];
  readonly #dummies: readonly string[];
  readonly #cited: readonly Cited[];
  /** Number in the compressed proof, by hypothesis number. */
  readonly #numbers: readonly number[];
  #letters = "";

  /** `order`: the theorem's own hypotheses as the database has them. */
  constructor(order: readonly number[], dummies: readonly string[], cited: readonly Cited[]) {
    this.#order = order;
    this.#dummies = dummies;
    this.#cited = cited;
    const numbers: number[] = [];
    order.forEach((hypothesis, number) => {
      numbers[hypothesis] = number;
    });
    this.#numbers = numbers;
  }

  write(nodes: readonly ProofNode[]): string {
    const savedAs = new Map<ProofNode, number>();
    // A node is met twice: first to put its premises before it, then to be written itself.
    const open: { readonly node: ProofNode; readonly ready: boolean }[] = [
      { node: nodes.at(-1)!, ready: false },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, ready } = next;
      const saved = savedAs.get(node);
      if (saved !== undefined) this.#number(this.#labelsEnd() + saved);
      else if (ready || node.premises.length === 0) {
        this.#number(this.#numberOf(node));
        if (node.uses < 2 || node.premises.length === 0) continue;
        savedAs.set(node, savedAs.size);
        this.#letters += "Z";
      } else {
        open.push({ node, ready: true });
        const { order } = this.#cited[node.step - this.#hypothesisCount()]!;
        for (const hypothesis of order.toReversed()) {
          open.push({ node: nodes[node.premises[hypothesis]!]!, ready: false });
        }
      }
    }
    const labels = [...this.#dummies, ...this.#cited.map(({ label }) => label)];
    return `( ${labels.join(" ")} )\n${inLines(this.#letters)}`;
  }

  #hypothesisCount(): number {
    return this.#order.length + this.#dummies.length;
  }

  #labelsEnd(): number {
    return this.#hypothesisCount() + this.#cited.length;
  }

  /** Dummies and citations are listed in the order in which the stored proof numbers them. */
  #numberOf({ step }: ProofNode): number {
    return this.#numbers[step] ?? step;
  }

  /** A to T for the last digit of twenty, U to Y for those of five before it. */
  #number(value: number): void {
    let letters = String.fromCharCode(0x41 + (value % 20));
    for (let rest = Math.floor(value / 20); rest > 0; rest = Math.floor((rest - 1) / 5)) {
      letters = String.fromCharCode(0x55 + ((rest - 1) % 5)) + letters;
    }
    this.#letters += letters;
  }
}

function inLines(letters: string): string {
  const lines: string[] = [];
  for (let at = 0; at < letters.length; at += LINE_LETTERS) {
    lines.push(letters.slice(at, at + LINE_LETTERS));
  }
  return lines.join("\n");
}
