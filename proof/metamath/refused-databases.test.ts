import { describe, expect, it } from "vitest";
import { LOGIC, PROOFS, readText } from "./testing/small-database.ts";

/**
 * What must be refused, each with its reason. `@` marks where, and is not part of the text, which
 * stands behind LOGIC: `|- wff ( ) ->`, variables p q r, wi, ax1, mp.
 */
const A1I = "${ h $e |- p $. a1i $p |- ( q -> p ) $= ";

const FORM: readonly (readonly [what: string, reason: string, text: string])[] = [
  ["a character that no database has", "character", "$v @\u0001x $."],
  ["a byte above ASCII", "character", "$v x@\u00e9 $."],
  ["a comment that does not end", "comment-unclosed", "@$( and so on"],
  ["a comment in a comment", "comment-nested", "$( one @$( two $) $)"],
  ["a comment that ends inside a word", "comment-nested", "$( one@$) $)"],
  ["an unknown keyword", "keyword", "@$x p $."],
  ["a stray end", "keyword", "@$."],
  ["a scope that does not end", "scope-unclosed", "${ $v s $. @"],
  ["a scope that nothing opened", "scope-unopened", "@$}"],
  ["a constant in a scope", "constant-in-scope", "${ @$c s $. $}"],
  ["a constant twice", "symbol-redeclared", "$c @wff $."],
  ["a variable twice", "symbol-redeclared", "$v @p $."],
  ["a variable that is a constant", "symbol-redeclared", "$v @-> $."],
  ["a constant that was a variable", "symbol-redeclared", "${ $v s $. $} $c @s $."],
  ["a symbol that is a label", "symbol-redeclared", "$c @ax1 $."],
  ["a declaration of nothing", "declares-nothing", "@$v $."],
  ["a declaration that ends like a proof", "statement-unclosed", "$v s @$= $."],
  ["a declaration without an end", "statement-unclosed", "@$v s"],
  ["a declaration that another cuts off", "statement-unclosed", "$v s @$v t $."],
  ["a symbol with a dollar sign", "symbol", "$v @s$t $."],
  ["a label twice", "label-repeated", "@ax1 $a |- p $."],
  ["a label that is a symbol", "label-is-symbol", "@p $a |- p $."],
  ["a label with an odd character", "label-character", "a@+b $a |- p $."],
  ["a label before nothing", "label-without-statement", "@lonely"],
  ["a label before a declaration", "label-without-statement", "@lonely $v s $."],
  ["a distinct variable that is a constant", "variable-inactive", "$d p @-> $."],
  ["a distinct variable out of scope", "variable-inactive", "${ $v s $. $} $d p @s $."],
  ["a distinct variable twice", "distinct-repeated", "$d p q @p $."],
  ["a distinct variable alone", "distinct-too-few", "@$d p $."],
  ["a second type for a variable", "floating-repeated", "@wp2 $f wff p $."],
  ["a type for two variables", "floating-form", "$v s t $. @ws $f wff s t $."],
  ["a type for a constant", "floating-form", "@ws $f wff wff $."],
  ["a type that is a variable", "typecode-is-variable", "$v s $. @ws $f p s $."],
  ["an empty statement", "expression-empty", "@bad $a $."],
  ["a statement without a type", "typecode-is-variable", "@bad $a p $."],
  ["a symbol that nothing declared", "symbol-inactive", "bad $a |- @nothing $."],
  ["a variable out of scope", "symbol-inactive", "${ $v s $. $} bad $a |- @s $."],
  ["a variable without a type", "variable-untyped", "$v s $. bad $a |- @s $."],
  ["an axiom with a proof", "statement-unclosed", "bad $a |- p @$= wp $."],
  ["a theorem without a proof", "proof-missing", "bad $p |- ( p -> ( q -> p ) ) @$."],
  ["a theorem whose text ends", "statement-unclosed", "@bad $p |- p"],
];

const PROOF: readonly (readonly [what: string, reason: string, text: string])[] = [
  ["a proof that does not end", "proof-unclosed", `${A1I} wp wq wp wi h wp wq ax1 mp @`],
  ["a label that nothing bears", "label-unknown", `${A1I} wp wq wp wi @hh $. $}`],
  ["a label that is a symbol", "label-unknown", `${A1I} wp @-> $. $}`],
  ["a label of a later theorem", "label-unknown", `${A1I} @later $. later $a |- p $. $}`],
  ["a theorem that cites itself", "cites-itself", `${A1I} wp wq h @a1i $. $}`],
  [
    "a hypothesis out of scope",
    "hypothesis-inactive",
    `${A1I} wp wq wp wi @min wp wq ax1 mp $. $}`,
  ],
  [
    "a variable's type out of scope",
    "hypothesis-inactive",
    "${ $v s $. ws $f wff s $. $} b $p |- ( p -> ( q -> p ) ) $= wp @ws ax1 $.",
  ],
  ["too few on the stack", "stack-underflow", `${A1I} h wp wq ax1 @mp $. $}`],
  ["nothing on the stack", "stack-empty", `${A1I} @$. $}`],
  ["two on the stack", "stack-left", `${A1I} h wp @$. $}`],
  ["another conclusion", "conclusion-differs", `${A1I} wp wq ax1 @$. $}`],
  [
    "a conclusion with a symbol more",
    "conclusion-differs",
    "b $p |- ( p -> ( q -> p ) ) ) $= wp wq ax1 @$.",
  ],
  ["p and q exchanged", "conclusion-differs", "b $p |- ( q -> ( p -> q ) ) $= wp wq ax1 @$."],
  [
    "a hypothesis that does not fit",
    "hypothesis-differs",
    `${A1I} wp wq wp wi h wq wp ax1 @mp $. $}`,
  ],
  ["an argument of another type", "typecode-differs", `${A1I} h wq @ax1 $. $}`],
  ["a proof that is not there yet", "proof-incomplete", `${A1I} wp wq @? mp $. $}`],
  ["a compressed one that is not", "proof-incomplete", `${A1I} ( wi ax1 mp ) ABAD@?F $. $}`],
  ["a keyword in a proof", "proof-token", `${A1I} wp @$= wq $. $}`],
  ["a keyword among the labels", "proof-token", `${A1I} ( wi @$. $}`],
  ["a keyword among the letters", "proof-token", `${A1I} ( wi ax1 mp ) ABAD @$= CABEF $. $}`],
  ["labels that do not end", "proof-unclosed", `${A1I} ( wi ax1 mp @`],
  ["letters that do not end", "proof-unclosed", `${A1I} ( wi ax1 mp ) ABAD @`],
  [
    "a mandatory type that is listed",
    "mandatory-listed",
    `${A1I} ( wi @wp ax1 mp ) ABADCABEF $. $}`,
  ],
  [
    "a mandatory hypothesis that is listed",
    "mandatory-listed",
    `${A1I} ( wi @h ax1 mp ) ABADCABEF $. $}`,
  ],
  ["a small letter", "letter", `${A1I} ( wi ax1 mp ) ABAD@cABEF $. $}`],
  ["a number that has no end", "number-unfinished", `${A1I} ( wi ax1 mp ) ABADCABEFU @$. $}`],
  ["a save inside a number", "number-unfinished", `${A1I} ( wi ax1 mp ) ABADU@ZCABEF $. $}`],
  [
    "a number of 400 letters",
    "number-too-large",
    `${A1I} ( wi ax1 mp ) ABAD${"Y".repeat(10)}@${"Y".repeat(390)}A $. $}`,
  ],
  ["a save before any step", "save-without-step", `${A1I} ( wi ax1 mp ) @ZABADCABEF $. $}`],
  ["a save after a save", "save-without-step", `${A1I} ( wi ax1 mp ) ABADZ@ZCABEF $. $}`],
  ["a step that nobody saved", "saved-undefined", `${A1I} ( wi ax1 mp ) ABADZCAB@HF $. $}`],
  ["a wrong step in letters", "hypothesis-differs", `${A1I} ( wi ax1 mp ) ABADCBAE@F $. $}`],
  ["one letter too few", "stack-left", `${A1I} ( wi ax1 mp ) ABADCABE @$. $}`],
];

const DISTINCT =
  "$c A. $. $v x y $. vx $f wff x $. vy $f wff y $. ${ $d x p $. gen $a |- A. x p $. $} ";
const DISTINCTNESS: readonly (readonly [what: string, reason: string, text: string])[] = [
  [
    "a variable that must be distinct from itself",
    "distinct-shared",
    "t $p |- A. x x $= vx vx @gen $.",
  ],
  [
    "two variables that nobody declared distinct",
    "distinct-undeclared",
    "t $p |- A. x q $= wq vx @gen $.",
  ],
  [
    "distinctness that its scope took along",
    "distinct-undeclared",
    "${ $d x q $. $} t $p |- A. x q $= wq vx @gen $.",
  ],
  [
    "one of two variables undeclared",
    "distinct-undeclared",
    "${ $d x p $. t $p |- A. x ( p -> q ) $= ( wi gen ) BCDA@E $. $}",
  ],
  [
    "a dummy that nobody declared distinct",
    "distinct-undeclared",
    "mp2 $a |- p $. t $p |- q $= wq vy vx @gen mp2 $.",
  ],
];

function expectRefused(behind: string, reason: string): void {
  const offset = LOGIC.length + behind.indexOf("@");
  const text = LOGIC + behind.replace("@", "");
  const { refused } = readText(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  expect(refused).toMatchObject({
    status: reason === "proof-incomplete" ? "decline" : "reject",
    reason,
    offset,
  });
}

describe("what is sound is taken", () => {
  it("in normal and compressed form, and with distinct variables", () => {
    expect(readText(LOGIC + PROOFS).refused).toBeUndefined();
    const sound = `${LOGIC}${DISTINCT} \${ $d x q $. t $p |- A. x q $= wq vx gen $. $}`;
    expect(readText(sound).refused).toBeUndefined();
  });

  it("an included file is not looked for", () => {
    const { refused } = readText(`${LOGIC}$[ other.mm $]`);
    expect(refused).toEqual({ status: "decline", reason: "include", offset: LOGIC.length });
  });
});

describe("a malformed database is refused where it goes wrong", () => {
  it.each(FORM)("%s: %s", (_what, reason, text) => expectRefused(text, reason));
});

describe("a false proof is refused at the step that fails", () => {
  it.each(PROOF)("%s: %s", (_what, reason, text) => expectRefused(text, reason));
  it.each(DISTINCTNESS)("%s: %s", (_what, reason, text) => expectRefused(DISTINCT + text, reason));

  it("and the first of several is the first in the text", () => {
    const text = `${LOGIC} bad $p |- p $= wp $. \${ h $e |- q $. on $p |- q $= h $. $} late $p |- p $= wp $.`;
    const { refused, label } = readText(text);
    expect(refused).toMatchObject({ reason: "conclusion-differs" });
    expect(label).toBe("bad");
  });
});
