import type { Meter } from "../frame/meter.ts";
import { decline, reject } from "../frame/stop.ts";

const DOLLAR = 0x24;
const SPACE = 1;
const PRINTABLE = 2;
const HASH_START = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** The characters of a database: printable ASCII, and five that separate (Metamath book §4.1.1). */
const CLASS: Uint8Array = new Uint8Array(256);
CLASS.fill(PRINTABLE, 0x21, 0x7f);
for (const space of [0x20, 0x09, 0x0a, 0x0c, 0x0d]) CLASS[space] = SPACE;

/**
 * Cuts a database into tokens; comments are skipped. After {@link next} the token is
 * `source[start]` to `source[end - 1]`, and `hash` is its FNV-1a.
 */
export class Scanner {
  readonly source: Uint8Array;
  readonly #meter: Meter;
  start = 0;
  end = 0;
  hash = 0;

  constructor(source: Uint8Array, meter: Meter) {
    this.source = source;
    this.#meter = meter;
  }

  /** False at the end of the text. */
  next(): boolean {
    const { source } = this;
    const size = source.length;
    for (;;) {
      let at = this.#skipSpace(this.end);
      this.start = at;
      if (at === size) return false;
      let hash = HASH_START;
      while (at < size && CLASS[source[at]!] === PRINTABLE) {
        hash = Math.imul(hash ^ source[at]!, HASH_PRIME);
        at++;
      }
      this.#closeToken(at);
      this.hash = hash;
      if (this.#isDollar(0x28)) this.#skipComment();
      else if (this.#isDollar(0x5b)) decline("include", this.start);
      else return true;
    }
  }

  /** To behind the next `$.`, without a look at what is passed over. */
  skipStatement(): void {
    const { source } = this;
    let at = this.end - 1;
    for (;;) {
      at = source.indexOf(DOLLAR, at + 1);
      if (at < 0) reject("proof-unclosed", source.length);
      if (CLASS[source[at - 1]!] !== SPACE) continue;
      this.end = at;
      if (!this.next()) reject("proof-unclosed", source.length);
      if (this.#isDollar(0x2e)) return;
      at = this.end - 1;
    }
  }

  /** `$` and this character, as the whole token. */
  isKeyword(character: number): boolean {
    return this.#isDollar(character);
  }

  get startsWithDollar(): boolean {
    return this.source[this.start] === DOLLAR;
  }

  /** The text of the token, for messages. */
  text(): string {
    const end = Math.min(this.end, this.start + 64);
    return String.fromCharCode(...this.source.subarray(this.start, end));
  }

  #isDollar(character: number): boolean {
    const { source, start } = this;
    return source[start] === DOLLAR && this.end - start === 2 && source[start + 1] === character;
  }

  #skipSpace(from: number): number {
    const { source } = this;
    let at = from;
    while (at < source.length && CLASS[source[at]!] === SPACE) at++;
    return at;
  }

  #closeToken(at: number): void {
    this.end = at;
    this.#meter.offset = at;
    if (at < this.source.length && CLASS[this.source[at]!] !== SPACE) reject("character", at);
  }

  /** To behind the `$)`. A comment holds neither `$(` nor `$)` otherwise. */
  #skipComment(): void {
    const { source, start } = this;
    const size = source.length;
    let at = this.end;
    while (at < size) {
      const byte = source[at]!;
      if (byte === DOLLAR) {
        const after = source[at + 1];
        if (after === 0x29 && this.#standsAlone(at)) {
          this.end = at + 2;
          return;
        }
        if (after === 0x28 || after === 0x29) reject("comment-nested", at);
      } else if (CLASS[byte] === 0) reject("character", at);
      at++;
    }
    reject("comment-unclosed", start);
  }

  #standsAlone(at: number): boolean {
    const { source } = this;
    const separated = at + 2 === source.length || CLASS[source[at + 2]!] === SPACE;
    return separated && CLASS[source[at - 1]!] === SPACE;
  }
}
