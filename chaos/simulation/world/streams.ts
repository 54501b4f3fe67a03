import { Prng } from "../../../base/prng.ts";

/**
 * One stream of random numbers for each subject of a seed (a link, a disk, a client …), so that a
 * fault that is left out changes nothing about the others: shrinking rests on that.
 */
export class Streams {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  of(subject: string): Prng {
    let mixed = Math.imul(this.#seed ^ (this.#seed / 0x1_0000_0000), 0x9e3779b1);
    for (let index = 0; index < subject.length; index++) {
      mixed = Math.imul(mixed ^ subject.charCodeAt(index), 0x01000193);
      mixed ^= mixed >>> 15;
    }
    return new Prng(mixed >>> 0);
  }
}
