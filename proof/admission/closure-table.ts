import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { Theory } from "../frame/theory.ts";

/**
 * What a proof rests on: a bit for each axiom, by its number in the table that made it. Set.mm's
 * theorems rest on 189 axioms each, which is 6 KB as keys and half a kilobyte as bits.
 */
export interface Closure {
  /** Undefined: some axiom of it has no number. */
  readonly bits: Uint32Array | undefined;
  /** Only where there are no bits. */
  readonly axioms: readonly Hash[] | undefined;
}

/**
 * Axioms that have numbers: several times as many as Debian's databases have in all, and so few that
 * who names axioms which nobody has makes no closure larger than 2 KB.
 */
const NUMBERED_COUNT_MAX = 16_384;

/**
 * Numbers for axioms, so that closures are small and quickly compared. Those of one table are
 * compared with each other only. Once it is full, closures with further axioms are held and compared
 * as keys: slower, with the same answer.
 */
export class ClosureTable {
  readonly #numbers = new Map<string, number>();
  readonly #axioms: Hash[] = [];
  readonly #numberedMax: number;

  constructor(numberedMax: number = NUMBERED_COUNT_MAX) {
    this.#numberedMax = numberedMax;
  }

  of(axioms: readonly Hash[]): Closure {
    const numbers: number[] = [];
    let largest = -1;
    for (const axiom of axioms) {
      const number = this.#numberOf(axiom);
      if (number === undefined) return { bits: undefined, axioms: axioms.map(copyOf) };
      numbers.push(number);
      largest = Math.max(largest, number);
    }
    const bits = new Uint32Array((largest >> 5) + 1);
    for (const number of numbers) bits[number >>> 5]! |= 1 << (number & 31);
    return { bits, axioms: undefined };
  }

  /** Whether everything that the one rests on is in the other. */
  isWithin(closure: Closure, whole: Closure): boolean {
    const { bits } = closure;
    if (bits === undefined) {
      // One that has no number is in nothing that has numbers for all.
      if (whole.bits !== undefined) return false;
      return new Theory(whole.axioms ?? []).admits(closure.axioms ?? []);
    }
    if (whole.bits === undefined) {
      return new Theory(whole.axioms ?? []).admits(this.#axiomsOf(bits));
    }
    for (let word = 0; word < bits.length; word++) {
      if ((bits[word]! & ~(whole.bits[word] ?? 0)) !== 0) return false;
    }
    return true;
  }

  #numberOf(axiom: Hash): number | undefined {
    const text = toHex(axiom);
    const known = this.#numbers.get(text);
    if (known !== undefined || this.#numbers.size >= this.#numberedMax) return known;
    this.#numbers.set(text, this.#axioms.length);
    // A view would hold all of the set that it was read from.
    return this.#axioms.push(copyOf(axiom)) - 1;
  }

  #axiomsOf(bits: Uint32Array): readonly Hash[] {
    return this.#axioms.filter(
      (_axiom, number) => ((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1,
    );
  }
}

/** How much memory it takes. */
export function closureBytes({ bits, axioms }: Closure): number {
  return bits === undefined ? KEY_BYTES * (axioms?.length ?? 0) : bits.byteLength;
}

/** What JavaScript keeps for one key beside its bytes, and those. */
const KEY_BYTES = 200;

function copyOf(axiom: Hash): Hash {
  return axiom.slice() as Hash;
}
