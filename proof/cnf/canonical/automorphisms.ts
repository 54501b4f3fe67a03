import type { Meter } from "../../frame/meter.ts";
import type { Labelling } from "./label.ts";

/** The symmetries of a formula that a search has met, as permutations of its literals. */
export class Automorphisms {
  readonly #literalCount: number;
  readonly #meter: Meter;
  readonly #generators: Int32Array[] = [];
  /** Union-find over literals, for the orbits asked for last. */
  #parents: Int32Array = new Int32Array(0);
  #parentsPath: readonly number[] = [];
  #parentsCount = 0;
  visits = 0;

  constructor(literalCount: number, meter: Meter) {
    this.#literalCount = literalCount;
    this.#meter = meter;
  }

  /** Two labellings that make the same formula: one after the other's inverse. */
  add(one: Labelling, other: Labelling): void {
    this.#meter.hold(4 * this.#literalCount);
    const inverse = new Int32Array(this.#literalCount);
    for (let literal = 0; literal < inverse.length; literal++) inverse[other[literal]!] = literal;
    this.#generators.push(one.map((label) => inverse[label]!));
    this.visits += 2 * this.#literalCount;
  }

  /** Whether known symmetries that fix the path carry one of the tried literals to this one. */
  isImage(literal: number, tried: readonly number[], path: readonly number[]): boolean {
    this.#prepare(path);
    const root = this.#find(literal);
    this.visits += tried.length;
    return tried.some((other) => this.#find(other) === root);
  }

  #prepare(path: readonly number[]): void {
    const isReady =
      this.#parents.length > 0 &&
      this.#parentsCount === this.#generators.length &&
      this.#parentsPath.length === path.length &&
      path.every((literal, depth) => this.#parentsPath[depth] === literal);
    if (isReady) return;
    if (this.#parents.length === 0) {
      this.#meter.hold(4 * this.#literalCount);
      this.#parents = new Int32Array(this.#literalCount);
    }
    for (let literal = 0; literal < this.#literalCount; literal++) this.#parents[literal] = literal;
    this.visits += this.#literalCount;
    for (const generator of this.#generators) {
      if (!path.every((literal) => generator[literal] === literal)) continue;
      for (let literal = 0; literal < this.#literalCount; literal++) {
        this.#union(literal, generator[literal]!);
      }
      this.visits += this.#literalCount;
    }
    this.#parentsPath = [...path];
    this.#parentsCount = this.#generators.length;
  }

  #union(left: number, right: number): void {
    const one = this.#find(left);
    const other = this.#find(right);
    if (one !== other) this.#parents[Math.max(one, other)] = Math.min(one, other);
  }

  #find(literal: number): number {
    const parents = this.#parents;
    let at = literal;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }
}
