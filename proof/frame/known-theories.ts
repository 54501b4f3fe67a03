import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { Theory } from "./theory.ts";
import type { TheoryWords } from "./theory-words.ts";

/** Axioms of all theories together: some 16 MB, and twenty times set.mm's. */
const AXIOM_COUNT_MAX = 65_536;

/**
 * Theories by their digests, for those who are asked: an asker names its axioms once, and after that
 * 32 bytes are enough. The least recently asked for is forgotten first, and told again.
 */
export class KnownTheories {
  readonly #hash: (bytes: Uint8Array) => Hash;
  readonly #axiomCountMax: number;
  readonly #theories = new Map<string, Theory>();
  #axiomCount = 0;

  constructor(hash: (bytes: Uint8Array) => Hash, axiomCountMax: number = AXIOM_COUNT_MAX) {
    this.#hash = hash;
    this.#axiomCountMax = axiomCountMax;
  }

  /** What the words name: a theory, whatever there is, or one that must be named by its axioms. */
  meantBy(words: TheoryWords): Theory | "any" | "unknown" {
    if (words.type === "any") return "any";
    if (words.type === "digest") return this.#used(toHex(words.digest)) ?? "unknown";
    const name = toHex(words.theory.digest(this.#hash));
    return this.#used(name) ?? this.#keep(name, words.theory);
  }

  #used(name: string): Theory | undefined {
    const theory = this.#theories.get(name);
    if (theory === undefined) return undefined;
    this.#theories.delete(name);
    this.#theories.set(name, theory);
    return theory;
  }

  #keep(name: string, theory: Theory): Theory {
    this.#theories.set(name, theory);
    this.#axiomCount += sizeOf(theory);
    for (const [oldest, one] of this.#theories) {
      if (this.#axiomCount <= this.#axiomCountMax) break;
      this.#theories.delete(oldest);
      this.#axiomCount -= sizeOf(one);
    }
    return theory;
  }
}

/** An empty one takes room, too. */
function sizeOf({ axioms }: Theory): number {
  return 1 + axioms.length;
}
