import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import { verifyRenaming } from "../frame/renaming.ts";
import { METAMATH_1 } from "./database.ts";
import { PROOF_BUDGET, metamath1 } from "./metamath-1.ts";
import type { Statement, Tokens } from "./statement.ts";
import { LOGIC, readSound, sha256 } from "./testing/small-database.ts";

const SYMBOLS = ["|-", "wff", "set", "(", ")", "->", "=", "e."];
const encoded = SYMBOLS.map((symbol) => utf8(symbol));
const tokens: Tokens = {
  write: (token, writer) => {
    writer.varint(2 * encoded[token]!.length);
    writer.bytes(encoded[token]!);
  },
  compare: (left, right) => (SYMBOLS[left]! < SYMBOLS[right]! ? -1 : left === right ? 0 : 1),
  textOf: (token) => SYMBOLS[token]!,
};

const VARIABLES = 6;
const expression = fc
  .array(fc.oneof(fc.integer({ min: -VARIABLES, max: -1 }), fc.integer({ min: 3, max: 7 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((symbols) => [0, ...symbols]);
/** Short and of few variables, so that hypotheses often look alike. */
const statement: fc.Arbitrary<Statement> = fc
  .record({
    isAxiom: fc.boolean(),
    typecodes: fc.array(fc.constantFrom(1, 2), { minLength: VARIABLES, maxLength: VARIABLES }),
    conclusion: expression,
    essentials: fc.array(expression, { maxLength: 6 }),
    pairs: fc.array(fc.tuple(fc.nat(VARIABLES - 1), fc.nat(VARIABLES - 1)), { maxLength: 4 }),
  })
  .map((draft) => ({ ...draft, pairs: draft.pairs.filter(([one, other]) => one !== other) }));

const permutation = (size: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray([...Array(size).keys()], { minLength: size });

function canonicalOf(question: Statement) {
  const result = metamath1.canonical({ statement: question, tokens }, PROOF_BUDGET);
  if (result.status !== "accept") throw new Error(result.reason);
  return result.value;
}

const keyText = (question: Statement): string => toHex(canonicalOf(question).payload);

function renamed(question: Statement, names: readonly number[], order: readonly number[]) {
  const rename = (symbol: number): number => (symbol < 0 ? ~names[~symbol]! : symbol);
  const typecodes: number[] = [];
  question.typecodes.forEach((typecode, index) => {
    typecodes[names[index]!] = typecode;
  });
  return {
    isAxiom: question.isAxiom,
    typecodes,
    conclusion: question.conclusion.map(rename),
    essentials: order.map((index) => question.essentials[index]!.map(rename)),
    pairs: question.pairs.map(([one, other]) => [names[other]!, names[one]!] as const).reverse(),
  };
}

describe("equal obligations meet", () => {
  it("whatever their variables are called and however their hypotheses are ordered", () => {
    const variants = statement.chain((question) =>
      fc.tuple(
        fc.constant(question),
        permutation(VARIABLES),
        permutation(question.essentials.length),
      ),
    );
    fc.assert(
      fc.property(variants, ([question, names, order]) => {
        const canonical = canonicalOf(question);
        if (canonical.strength === "weak") return;
        expect(keyText(renamed(question, names, order))).toBe(toHex(canonical.payload));
      }),
      { numRuns: 2000 },
    );
  });

  it("and the renaming that leads there is checked without any search", () => {
    fc.assert(
      fc.property(statement, fc.nat(VARIABLES - 1), (question, index) => {
        const canonical = canonicalOf(question);
        const asked = { statement: question, tokens };
        expect(verifyRenaming(canonical, (claim) => metamath1.rename(asked, claim))).toBe(true);
        expect(metamath1.judgePayload(canonical.payload, PROOF_BUDGET).status).toBe("accept");
        const forward = canonical.renaming.forward.slice();
        if (forward[index] === 0) return;
        forward[index] = -forward[index]!;
        const lie = { ...canonical, renaming: { forward } };
        expect(verifyRenaming(lie, (claim) => metamath1.rename(asked, claim))).toBe(false);
      }),
    );
  });

  it("many hypotheses that symmetries exchange need no search, and are exact", () => {
    const alike = (count: number): Statement => ({
      isAxiom: false,
      typecodes: Array.from({ length: 2 * count }, () => 1),
      conclusion: [0, 3],
      essentials: Array.from({ length: count }, (_, index) => [0, ~(2 * index), ~(2 * index + 1)]),
      pairs: Array.from({ length: count }, (_, index) => [2 * index, 2 * index + 1] as const),
    });
    const question = alike(12);
    const { strength, payload } = canonicalOf(question);
    expect(strength).toBe("exact");
    const names = [...Array(24).keys()].reverse();
    const order = [...Array(12).keys()].reverse();
    expect(keyText(renamed(question, names, order))).toBe(toHex(payload));
  });

  it("two graphs of hypotheses that every local look takes for one have different keys", () => {
    const cycles = (...lengths: number[]): Statement => {
      const essentials: number[][] = [];
      let first = 0;
      for (const length of lengths) {
        for (let index = 0; index < length; index++) {
          essentials.push([0, ~(first + index), 5, ~(first + ((index + 1) % length))]);
        }
        first += length;
      }
      const typecodes = Array.from({ length: first }, () => 1);
      return { isAxiom: false, typecodes, conclusion: [0, 3], essentials, pairs: [] };
    };
    expect(keyText(cycles(3, 3))).not.toBe(keyText(cycles(6)));
    expect(canonicalOf(cycles(6)).strength).toBe("exact");
  });
});

describe("near misses differ", () => {
  const base: Statement = {
    isAxiom: false,
    typecodes: [1, 1],
    conclusion: [0, 3, ~0, 5, ~1, 4],
    essentials: [[0, ~0, 6, ~1]],
    pairs: [[0, 1]],
  };
  const misses: readonly (readonly [string, Partial<Statement>])[] = [
    ["an axiom of the same words", { isAxiom: true }],
    ["one variable twice", { conclusion: [0, 3, ~0, 5, ~0, 4] }],
    ["a hypothesis turned round", { essentials: [[0, ~1, 6, ~0]] }],
    ["a hypothesis less", { essentials: [] }],
    ["a hypothesis twice", { essentials: [...base.essentials, ...base.essentials] }],
    ["another relation", { essentials: [[0, ~0, 7, ~1]] }],
    ["a variable of another type", { typecodes: [1, 2] }],
    ["nothing distinct", { pairs: [] }],
    ["another typecode", { conclusion: [1, 3, ~0, 5, ~1, 4] }],
    ["a symbol less", { conclusion: [0, ~0, 5, ~1] }],
  ];

  it.each(misses)("%s", (_what, change) => {
    expect(keyText({ ...base, ...change })).not.toBe(keyText(base));
  });

  it("variables that do not occur, pairs with them and pairs twice are no difference", () => {
    const more = {
      ...base,
      typecodes: [1, 1, 2],
      pairs: [
        [1, 0],
        [0, 1],
        [2, 0],
      ],
    } as Statement;
    expect(keyText(more)).toBe(keyText(base));
  });
});

describe("the text of a database", () => {
  const keyIn = (text: string): string => {
    const database = readSound(text);
    return toHex(database.keyOf(sha256, database.find("t")!));
  };
  const plain = `${LOGIC}\${ a $e |- p $. b $e |- ( q -> r ) $. t $a |- ( p -> r ) $. $}`;

  it("may change its layout, comments, labels, names and orders", () => {
    const same = [
      plain.replaceAll(" ", "\n\t"),
      plain.replaceAll(" $a ", " $( a remark $) $a "),
      plain.replace("a $e |- p $. b $e |- ( q -> r ) $.", "b $e |- ( q -> r ) $. a $e |- p $."),
      plain.replace("a $e", "first $e").replace("b $e", "second $e"),
      plain.replace("a $e", "$d q s $. a $e").replace("$v p", "$v s p"),
      `${LOGIC}\${ a $e |- r $. b $e |- ( p -> q ) $. t $a |- ( r -> q ) $. $}`,
      plain.replace("wp $f wff p $.  wq $f wff q $.", "wq $f wff q $.  wp $f wff p $."),
    ];
    expect(new Set([plain, ...same].map(keyIn)).size).toBe(1);
  });

  it("must not change its meaning", () => {
    const others = [
      plain.replace("( p -> r ) $. $}", "( r -> p ) $. $}"),
      plain.replace("a $e", "$d p r $. a $e"),
      plain.replace("( q -> r ) $. t", "( q -> q ) $. t"),
      plain.replace("a $e |- p $.", ""),
    ];
    expect(new Set([plain, ...others].map(keyIn)).size).toBe(5);
  });

  it("is parsed by the kind, which keys it alike", () => {
    const parsed = metamath1.parse(utf8(plain), PROOF_BUDGET, "t");
    if (parsed.status !== "accept") throw new Error(parsed.reason);
    const canonical = metamath1.canonical(parsed.value, PROOF_BUDGET);
    if (canonical.status !== "accept") throw new Error(canonical.reason);
    const database = readSound(plain);
    expect(canonical.value.payload).toEqual(database.payloadOf(database.find("t")!));
    expect(metamath1.id).toBe(METAMATH_1);
    expect(metamath1.parse(utf8(plain), PROOF_BUDGET, "nothing")).toMatchObject({
      status: "reject",
      reason: "label-unknown",
    });
  });
});
