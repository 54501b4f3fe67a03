import { utf8 } from "../base/bytes.ts";

/** Refuses a value at a path like `members[2].address`; never returns. */
export type Refuse = (path: string, why: string) => never;

/** A value somewhere in a JSON file that people edit: every mistake is refused with its place. */
export class JsonField {
  #value: unknown;
  #path: string;
  #refuse: Refuse;

  private constructor(value: unknown, path: string, refuse: Refuse) {
    this.#value = value;
    this.#path = path;
    this.#refuse = refuse;
  }

  static parse(text: string, refuse: Refuse): JsonField {
    try {
      return new JsonField(JSON.parse(text), "", refuse);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return refuse("", "is not JSON");
    }
  }

  refuse(why: string): never {
    return this.#refuse(this.#path, why);
  }

  get(name: string): JsonField {
    const value = this.#object()[name];
    const path = this.#path === "" ? name : `${this.#path}.${name}`;
    if (value === undefined) this.#refuse(path, "is missing");
    return new JsonField(value, path, this.#refuse);
  }

  /** Refuses every field that is not named: a slip of the pen must not pass for a default. */
  only(names: readonly string[]): void {
    for (const name of Object.keys(this.#object())) {
      if (!names.includes(name)) this.refuse(`has the unknown field "${name}"`);
    }
  }

  list(countMin: number, countMax: number): JsonField[] {
    const value = this.#value;
    if (!Array.isArray(value)) this.refuse("is not a list");
    if (value.length < countMin) this.refuse(`has fewer than ${countMin} elements`);
    if (value.length > countMax) this.refuse(`has more than ${countMax} elements`);
    return value.map(
      (each: unknown, index) => new JsonField(each, `${this.#path}[${index}]`, this.#refuse),
    );
  }

  /** The bounds count UTF-8 bytes. */
  text(sizeMin: number, sizeMax: number): string {
    if (typeof this.#value !== "string") this.refuse("is not text");
    if (/[\ud800-\udfff]/u.test(this.#value)) this.refuse("is not Unicode text");
    const size = utf8(this.#value).length;
    if (size < sizeMin || size > sizeMax) this.refuse(`is not of ${sizeMin} to ${sizeMax} bytes`);
    return this.#value;
  }

  integer(min: number, max: number): number {
    const value = this.#value;
    if (typeof value !== "number" || !Number.isInteger(value)) this.refuse("is not an integer");
    if (value < min || value > max) {
      this.refuse(min === max ? `is not ${min}` : `is not within ${min} and ${max}`);
    }
    return value;
  }

  flag(): boolean {
    if (typeof this.#value !== "boolean") this.refuse("is not true or false");
    return this.#value;
  }

  #object(): Record<string, unknown> {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.refuse("is not an object");
    }
    return value as Record<string, unknown>;
  }
}
