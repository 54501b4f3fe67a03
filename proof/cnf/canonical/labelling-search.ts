import type { Meter } from "../../frame/meter.ts";
import { Automorphisms } from "./automorphisms.ts";
import { clauseGraph } from "./graph.ts";
import { compareLists, labelInOrder, labelledClauses } from "./label.ts";
import type { Labelling } from "./label.ts";
import type { ClauseList } from "./clause-order.ts";
import type { NormalForm } from "./normal-form.ts";
import { Partition } from "./partition.ts";

export interface SearchLimits {
  readonly leavesMax: number;
  readonly visitsMax: number;
}

export interface Labelled {
  readonly labels: Labelling;
  readonly clauses: ClauseList;
  readonly strength: "exact" | "weak";
}

interface Leaf {
  readonly labels: Labelling;
  readonly clauses: ClauseList;
  readonly path: readonly number[];
}

/** A node of the search tree: the cell whose literals are tried one after the other. */
interface Node {
  readonly candidates: Int32Array;
  readonly mark: number;
  next: number;
  readonly tried: number[];
}

/**
 * Looks for the labelling that all renamings of a formula share: refine; while literals share a
 * cell, individualise each literal of the first smallest one in turn; of the leaves whose path has
 * the least trace keep the one with the least clause list. Two leaves with equal lists show an
 * automorphism, and what is only its image of what was seen is left out.
 *
 * Ends `weak` beyond its limits: then variables are ordered by their colour before the search and
 * by first occurrence within one.
 */
export function searchLabelling(form: NormalForm, limits: SearchLimits, meter: Meter): Labelled {
  const search = new LabellingSearch(form, limits, meter);
  const found = search.run();
  meter.spend(search.visits);
  return found;
}

class LabellingSearch {
  readonly #form: NormalForm;
  readonly #limits: SearchLimits;
  readonly #meter: Meter;
  readonly #literalCount: number;
  readonly #partition: Partition;
  readonly #automorphisms: Automorphisms;
  readonly #nodes: Node[] = [];
  readonly #path: number[] = [];
  /** Trace and number of cells at each depth of the best path so far. */
  #bestTraces: { readonly cells: number; readonly trace: number }[] = [];
  #best: Leaf | undefined;
  #leaves = 0;

  constructor(form: NormalForm, limits: SearchLimits, meter: Meter) {
    this.#form = form;
    this.#limits = limits;
    this.#meter = meter;
    this.#literalCount = 2 * form.variableCount;
    this.#partition = new Partition(clauseGraph(form, meter), meter);
    this.#partition.visitsMax = limits.visitsMax;
    this.#automorphisms = new Automorphisms(this.#literalCount, meter);
  }

  get visits(): number {
    return this.#partition.visits + this.#automorphisms.visits;
  }

  run(): Labelled {
    const partition = this.#partition;
    partition.refine();
    if (this.#isSpent()) return this.#weak();
    if (partition.isDiscrete) return { ...this.#leaf(), strength: "exact" };
    // Colours are read before the search individualises, for the case that it must give up.
    const colours = this.#colours();
    this.#open();
    while (this.#nodes.length > 0) {
      if (this.#isSpent()) return this.#weak(colours);
      this.#step();
    }
    return { ...this.#best!, strength: "exact" };
  }

  #isSpent(): boolean {
    return this.visits > this.#limits.visitsMax || this.#leaves > this.#limits.leavesMax;
  }

  #open(): void {
    const partition = this.#partition;
    const cell = partition.firstSmallestCell();
    const length = partition.lengthOf(cell);
    this.#meter.hold(4 * length);
    const candidates = partition.elements.slice(cell, cell + length);
    this.#nodes.push({ candidates, mark: partition.mark, next: 0, tried: [] });
  }

  /** Tries the next literal of the deepest node, or leaves that node. */
  #step(): void {
    const node = this.#nodes.at(-1)!;
    this.#path.length = this.#nodes.length - 1;
    this.#partition.undo(node.mark);
    const literal = this.#nextCandidate(node);
    if (literal === undefined) {
      this.#close();
      return;
    }
    node.tried.push(literal);
    this.#path.push(literal);
    this.#partition.individualise(literal);
    if (this.#isSpent() || this.#isWorse()) return;
    if (this.#partition.isDiscrete) this.#judge(this.#leaf());
    else this.#open();
  }

  #close(): void {
    const node = this.#nodes.pop()!;
    this.#meter.release(4 * node.candidates.length);
  }

  #nextCandidate(node: Node): number | undefined {
    while (node.next < node.candidates.length) {
      const literal = node.candidates[node.next++]!;
      if (node.tried.length === 0) return literal;
      if (!this.#automorphisms.isImage(literal, node.tried, this.#path)) return literal;
    }
    return undefined;
  }

  /** Compares this node with the best path's at its depth; a better one makes that path void. */
  #isWorse(): boolean {
    const depth = this.#nodes.length - 1;
    const cells = this.#partition.literalCells;
    const { trace } = this.#partition;
    const best = this.#bestTraces[depth];
    if (best !== undefined) {
      const difference = best.cells - cells || trace - best.trace;
      if (difference > 0) return true;
      if (difference === 0) return false;
      this.#bestTraces.length = depth;
      this.#best = undefined;
    }
    this.#bestTraces.push({ cells, trace });
    return false;
  }

  #leaf(): Leaf {
    this.#leaves++;
    const labels = labelInOrder(this.#partition.elements, this.#literalCount);
    const clauses = labelledClauses(this.#form, labels, this.#meter);
    return { labels, clauses, path: [...this.#path] };
  }

  #judge(leaf: Leaf): void {
    const best = this.#best;
    const order = best === undefined ? -1 : compareLists(leaf.clauses, best.clauses);
    if (order < 0) this.#best = leaf;
    if (order !== 0 || best === undefined) {
      this.#forget(order < 0 ? best : leaf);
      return;
    }
    this.#automorphisms.add(leaf.labels, best.labels);
    this.#forget(leaf);
    let common = 0;
    while (common < best.path.length && best.path[common] === leaf.path[common]) common++;
    // All below the branch is the image of what was searched below the best leaf's branch.
    while (this.#nodes.length > common + 1) this.#close();
  }

  #forget(leaf: Leaf | undefined): void {
    if (leaf === undefined) return;
    this.#meter.release(4 * (leaf.clauses.literals.length + leaf.clauses.starts.length));
  }

  #colours(): Int32Array {
    const colours = new Int32Array(this.#literalCount);
    for (let literal = 0; literal < colours.length; literal++) {
      colours[literal] = this.#partition.colourOf(literal);
    }
    return colours;
  }

  #weak(colours: Int32Array = this.#colours()): Labelled {
    const { literals } = this.#form;
    const first = new Int32Array(this.#literalCount).fill(literals.length);
    for (let at = literals.length - 1; at >= 0; at--) first[literals[at]!] = at;
    const order = Int32Array.from({ length: this.#literalCount }, (_, literal) => literal);
    // What ties in both does not occur; its variable is placed by the other literal.
    order.sort((left, right) => colours[left]! - colours[right]! || first[left]! - first[right]!);
    const labels = labelInOrder(order, this.#literalCount);
    return { labels, clauses: labelledClauses(this.#form, labels, this.#meter), strength: "weak" };
  }
}
