/** Each text once, by number: 0 is the empty text and stands for none. */
export class StringTable {
  #texts: string[] = [""];
  #numbers = new Map<string, number>([["", 0]]);

  get size(): number {
    return this.#texts.length;
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  /** 0 when no event bears this text. */
  find(text: string): number {
    return this.#numbers.get(text) ?? 0;
  }

  text(number: number): string {
    return this.#texts[number] ?? "";
  }

  all(): readonly string[] {
    return this.#texts;
  }

  adopt(texts: readonly string[]): void {
    this.#texts = [...texts];
    this.#numbers = new Map(this.#texts.map((text, number) => [text, number]));
  }
}
