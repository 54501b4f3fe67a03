import type { Meter } from "../frame/meter.ts";

/** One rule of a grammar: what a typecode may consist of. */
export interface Production {
  readonly axiom: number;
  readonly result: number;
  readonly parts: readonly Part[];
}

type Part = { readonly constant: number } | { readonly typecode: number };

export type Derivation =
  | { readonly kind: "variable"; readonly variable: number }
  | { readonly kind: "rule"; readonly axiom: number; readonly children: readonly Derivation[] };

/** A rule that has come as far as `dot`, and what its parts so far turned out to be. */
interface Item {
  readonly rule: number;
  readonly dot: number;
  readonly origin: number;
  readonly before: Item | undefined;
  readonly child: Derivation | undefined;
}

/** What one item costs in memory, roughly. */
const ITEM_BYTES = 96;

/**
 * Earley's parser: any grammar, left-recursive and ambiguous ones too, in work that grows with the
 * cube of the text at worst; counted. Of several derivations it keeps the first.
 */
export class SyntaxChart {
  readonly #productions: readonly Production[];
  readonly #typecodes: readonly number[];
  readonly #meter: Meter;
  readonly #byResult = new Map<number, number[]>();
  readonly #offsets: number[] = [];
  #symbols: readonly number[] = [];
  #sets: Item[][] = [];
  #seen: Set<number>[] = [];
  #predicted: Set<number>[] = [];
  /** Items that wait for a typecode, by place. */
  #waiting: Map<number, Item[]>[] = [];
  #dots = 0;

  constructor(productions: readonly Production[], typecodes: readonly number[], meter: Meter) {
    this.#productions = productions;
    this.#typecodes = typecodes;
    this.#meter = meter;
    meter.spend(productions.length);
    for (const [rule, { result, parts }] of productions.entries()) {
      const rules = this.#byResult.get(result);
      if (rules === undefined) this.#byResult.set(result, [rule]);
      else rules.push(rule);
      this.#offsets.push(this.#dots);
      this.#dots += parts.length + 1;
    }
  }

  /** How these symbols (a constant's token, or ~variable) are a whole of this typecode. */
  derive(goal: number, symbols: readonly number[]): Derivation | undefined {
    const places = symbols.length + 1;
    this.#symbols = symbols;
    this.#sets = Array.from({ length: places }, () => []);
    this.#seen = Array.from({ length: places }, () => new Set());
    this.#predicted = Array.from({ length: places }, () => new Set());
    this.#waiting = Array.from({ length: places }, () => new Map());
    if (symbols.length === 1 && this.#typecodeOf(symbols[0]!) === goal) {
      return { kind: "variable", variable: ~symbols[0]! };
    }
    this.#predict(goal, 0);
    for (let place = 0; place < places; place++) {
      const set = this.#sets[place]!;
      for (let at = 0; at < set.length; at++) this.#advance(set[at]!, place);
    }
    const whole = this.#sets[symbols.length]!.find(
      (item) => item.origin === 0 && this.#resultOf(item) === goal,
    );
    return whole && this.#derivationOf(whole);
  }

  #advance(item: Item, place: number): void {
    this.#meter.spend(1);
    const { parts } = this.#productions[item.rule]!;
    const part = parts[item.dot];
    if (part === undefined) this.#complete(item, place);
    else if ("constant" in part) {
      if (this.#symbols[place] === part.constant) this.#add(step(item, undefined), place + 1);
    } else {
      const waiting = this.#waiting[place]!;
      const others = waiting.get(part.typecode);
      if (others === undefined) waiting.set(part.typecode, [item]);
      else others.push(item);
      this.#predict(part.typecode, place);
      const symbol = this.#symbols[place];
      if (symbol !== undefined && this.#typecodeOf(symbol) === part.typecode) {
        this.#add(step(item, { kind: "variable", variable: ~symbol }), place + 1);
      }
    }
  }

  #complete(item: Item, place: number): void {
    const result = this.#productions[item.rule]!.result;
    const waiting = this.#waiting[item.origin]!.get(result) ?? [];
    if (waiting.length === 0) return;
    const child = this.#derivationOf(item);
    for (const one of waiting) this.#add(step(one, child), place);
  }

  /** Only rules whose first symbol is there, or may begin with anything. */
  #predict(typecode: number, place: number): void {
    const predicted = this.#predicted[place]!;
    if (predicted.has(typecode)) return;
    predicted.add(typecode);
    const rules = this.#byResult.get(typecode) ?? [];
    this.#meter.spend(rules.length);
    for (const rule of rules) {
      const first = this.#productions[rule]!.parts[0]!;
      if ("constant" in first && first.constant !== this.#symbols[place]) continue;
      this.#add({ rule, dot: 0, origin: place, before: undefined, child: undefined }, place);
    }
  }

  #add(item: Item, place: number): void {
    const name = (this.#offsets[item.rule]! + item.dot) * this.#sets.length + item.origin;
    const seen = this.#seen[place]!;
    if (seen.has(name)) return;
    seen.add(name);
    this.#meter.hold(ITEM_BYTES);
    this.#sets[place]!.push(item);
  }

  #resultOf({ rule, dot }: Item): number | undefined {
    const { parts, result } = this.#productions[rule]!;
    return dot === parts.length ? result : undefined;
  }

  #derivationOf(item: Item): Derivation {
    const children: Derivation[] = [];
    for (let one: Item | undefined = item; one !== undefined; one = one.before) {
      if (one.child !== undefined) children.push(one.child);
    }
    const { axiom } = this.#productions[item.rule]!;
    return { kind: "rule", axiom, children: children.reverse() };
  }

  /** Of a variable; undefined for a constant. */
  #typecodeOf(symbol: number): number | undefined {
    return symbol < 0 ? this.#typecodes[~symbol] : undefined;
  }
}

function step(item: Item, child: Derivation | undefined): Item {
  return { ...item, dot: item.dot + 1, before: item, child };
}
