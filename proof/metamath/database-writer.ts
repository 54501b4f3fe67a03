import { fromUtf8, toHex, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { Budget } from "../frame/budget.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import { judged, reject } from "../frame/stop.ts";
import { CompressedWriter } from "./compressed-writer.ts";
import { isLabelCharacter } from "./label-character.ts";
import { decodePayload } from "./payload.ts";
import { readProofGraph } from "./proof-graph.ts";
import { readProofHead } from "./proof-object.ts";
import type { ProofHead } from "./proof-object.ts";
import type { Statement } from "./statement.ts";
import { TokenTable, hashToken } from "./token-table.ts";

/** An obligation with its proof and a name, as it comes out of a store. */
export interface Page {
  /** Unique among the pages, of the characters of a label. */
  readonly label: string;
  readonly key: Hash;
  readonly payload: Uint8Array;
  /** Undefined: an axiom. */
  readonly proof: Uint8Array | undefined;
}

interface Written {
  readonly label: string;
  readonly statement: Statement;
  /** Hypothesis numbers in the order in which a citation pushes them. */
  readonly order: readonly number[];
}

/**
 * Writes pages as a database that other programs read: what is cited comes before what cites it.
 * Variables get names by type and number, each theorem in a scope of its own. Rejects pages that
 * cite what does not come before them; whether the proofs hold is for who reads the text, which goes
 * out part by part: set.mm's takes 40 MB. What is refused has put out its beginning.
 */
export function writeDatabase(
  pages: readonly Page[],
  budget: Budget,
  put: (part: string) => void,
): CheckResult<void> {
  return judged(() => new DatabaseWriter(budget).write(pages, put));
}

class DatabaseWriter {
  readonly #budget: Budget;
  readonly #meter: Meter;
  readonly #tokens: TokenTable;
  /** How many variables of each type the largest theorem has. */
  readonly #types = new Map<number, number>();
  readonly #written = new Map<string, Written>();
  #prefix = "v:";
  #suffix = "-h";

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#meter = new Meter(budget);
    this.#tokens = new TokenTable(this.#meter);
  }

  write(pages: readonly Page[], put: (part: string) => void): void {
    const statements = pages.map((page) => {
      this.#meter.read(page.payload.length + (page.proof?.length ?? 0));
      return decodePayload(page.payload, this.#tokens, this.#meter);
    });
    this.#chooseNames(pages);
    // The text begins with the variables that all of them need, dummies too.
    const ahead = new Meter(this.#budget);
    for (const [index, page] of pages.entries()) {
      this.#placesOf(this.#typecodesOf(statements[index]!, proofOf(page, ahead)?.head));
    }
    put(`${this.#head().join("\n")}\n`);
    for (const [index, page] of pages.entries()) {
      put(`${this.#bodyOf(page, statements[index]!)}\n`);
    }
  }

  #typecodesOf(statement: Statement, head: ProofHead | undefined): readonly number[] {
    const dummies = (head?.dummies ?? []).map((bytes) =>
      this.#tokens.intern(bytes, 0, bytes.length, hashToken(bytes, 0, bytes.length)),
    );
    return [...statement.typecodes, ...dummies];
  }

  /** Names of ours meet neither a symbol nor a label of the pages'. */
  #chooseNames(pages: readonly Page[]): void {
    const labels = new Set<string>();
    const symbols = new Set<string>();
    for (let token = 0; token < this.#tokens.count; token++) symbols.add(this.#textOf(token));
    for (const { label } of pages) {
      if (label === "" || !utf8(label).every(isLabelCharacter)) reject("label-character", 0, label);
      if (labels.has(label)) reject("label-repeated", 0, label);
      if (symbols.has(label)) reject("label-is-symbol", 0, label);
      labels.add(label);
    }
    const taken = [...labels, ...symbols];
    while (taken.some((name) => name.startsWith(this.#prefix))) this.#prefix = `v${this.#prefix}`;
    while (taken.some((name) => name.endsWith(this.#suffix))) this.#suffix += "h";
  }

  /** Constants and variables, which are known only when all pages were read. */
  #head(): string[] {
    const lines: string[] = [];
    const constants: string[] = [];
    for (let token = 0; token < this.#tokens.count; token++) constants.push(this.#textOf(token));
    lines.push(`$c ${constants.join(" ")} $.`);
    const variables = [...this.#types].flatMap(([typecode, count]) =>
      Array.from({ length: count }, (_, index) => ({ typecode, index })),
    );
    if (variables.length === 0) return lines;
    const names = variables.map(({ typecode, index }) => this.#nameOf(typecode, index));
    lines.push(`$v ${names.join(" ")} $.`);
    for (const { typecode, index } of variables) {
      const name = this.#nameOf(typecode, index);
      lines.push(`${this.#floatingOf(typecode, index)} $f ${this.#textOf(typecode)} ${name} $.`);
    }
    return lines;
  }

  #bodyOf(page: Page, statement: Statement): string {
    const proof = proofOf(page, this.#meter);
    const typecodes = this.#typecodesOf(statement, proof?.head);
    const places = this.#placesOf(typecodes);
    const own = { label: page.label, statement, order: this.#orderOf(statement, places) };
    const lines = this.#scopeOf(own, typecodes, places);
    const conclusion = this.#expression(statement.conclusion, typecodes, places);
    if (proof === undefined) {
      lines.push(`${page.label} $a ${conclusion} $.`);
    } else {
      const { head, reader } = proof;
      const cited = head.citations.map(
        ({ key, offset }) =>
          this.#written.get(toHex(key)) ?? reject("citation-unknown", offset, toHex(key)),
      );
      const hypothesisCount = typecodes.length + statement.essentials.length;
      const counts = cited.map(({ order }) => order.length);
      const graph = readProofGraph(reader, head, hypothesisCount, counts);
      const dummies = typecodes
        .map((typecode, index) => this.#floatingOf(typecode, places[index]!))
        .slice(statement.typecodes.length);
      const writer = new CompressedWriter(own.order, dummies, cited);
      lines.push(`${page.label} $p ${conclusion} $= ${writer.write(graph)} $.`);
    }
    // The first proof of an obligation is the one that others cite.
    const key = toHex(page.key);
    if (!this.#written.has(key)) this.#written.set(key, own);
    return `\${\n${lines.join("\n")}\n$}`;
  }

  /** For each variable which one of its type it is. */
  #placesOf(typecodes: readonly number[]): readonly number[] {
    const counts = new Map<number, number>();
    return typecodes.map((typecode) => {
      const place = counts.get(typecode) ?? 0;
      counts.set(typecode, place + 1);
      this.#types.set(typecode, Math.max(this.#types.get(typecode) ?? 0, place + 1));
      return place;
    });
  }

  /** Variables stand as the head declares them: by type, as types were first met, then by place. */
  #orderOf(statement: Statement, places: readonly number[]): readonly number[] {
    const types = [...this.#types.keys()];
    const rank = new Map(types.map((typecode, index) => [typecode, index]));
    const variables = statement.typecodes.map((typecode, index) => ({ typecode, index }));
    variables.sort(
      (one, other) =>
        rank.get(one.typecode)! - rank.get(other.typecode)! ||
        places[one.index]! - places[other.index]!,
    );
    const essentials = statement.essentials.map((_, index) => statement.typecodes.length + index);
    return [...variables.map(({ index }) => index), ...essentials];
  }

  /** Distinct variables, dummies from everything, and the essential hypotheses. */
  #scopeOf(own: Written, typecodes: readonly number[], places: readonly number[]): string[] {
    const { statement, label } = own;
    const name = (variable: number): string =>
      this.#nameOf(typecodes[variable]!, places[variable]!);
    const lines = statement.pairs.map(([left, right]) => `$d ${name(left)} ${name(right)} $.`);
    for (let dummy = statement.typecodes.length; dummy < typecodes.length; dummy++) {
      for (let other = 0; other < dummy; other++) lines.push(`$d ${name(dummy)} ${name(other)} $.`);
    }
    statement.essentials.forEach((essential, index) => {
      const text = this.#expression(essential, typecodes, places);
      lines.push(`${label}.${index + 1}${this.#suffix} $e ${text} $.`);
    });
    return lines;
  }

  #expression(
    symbols: readonly number[],
    typecodes: readonly number[],
    places: readonly number[],
  ): string {
    const text = (symbol: number): string =>
      symbol < 0 ? this.#nameOf(typecodes[~symbol]!, places[~symbol]!) : this.#textOf(symbol);
    return symbols.map(text).join(" ");
  }

  #nameOf(typecode: number, place: number): string {
    return `${this.#prefix}${typecode}:${place}`;
  }

  #floatingOf(typecode: number, place: number): string {
    return `v${typecode}.${place}${this.#suffix}`;
  }

  #textOf(token: number): string {
    return fromUtf8(this.#tokens.bytesOf(token)) ?? "";
  }
}

interface OpenedProof {
  readonly head: ProofHead;
  /** It stands behind the head. */
  readonly reader: ByteReader;
}

function proofOf({ proof }: Page, meter: Meter): OpenedProof | undefined {
  if (proof === undefined) return undefined;
  const reader = new ByteReader(proof);
  return { head: readProofHead(reader, meter), reader };
}
