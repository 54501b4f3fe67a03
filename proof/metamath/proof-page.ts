import type { Hash } from "../../base/types.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Database } from "./database.ts";
import { hypothesisAt, stackOrder } from "./frame-layout.ts";
import { Meter } from "../frame/meter.ts";
import { encodeProof } from "./proof-object.ts";
import type { Citation } from "./proof-object.ts";
import { Scanner } from "./scanner.ts";

const [A, T, Z] = [0x41, 0x54, 0x5a];
const [OPEN, CLOSE] = [0x28, 0x29];
const UNBOUNDED = { stepsMax: Infinity, bytesMax: Infinity, liveBytesMax: Infinity };

/**
 * Makes the stored form of theorems' proofs, which were accepted before: labels become keys, the
 * theorem's own variables their canonical numbers.
 */
export class PageWriter {
  readonly #database: Database;
  readonly #keyOf: (assertion: number) => Hash;
  readonly #scanner: Scanner;
  readonly #citations = new Map<number, Citation>();
  readonly #steps = new ByteWriter();
  readonly #out = new ByteWriter();
  #stepCount = 0;

  /** `keyOf` is asked once for each assertion that is cited. */
  constructor(database: Database, keyOf: (assertion: number) => Hash) {
    this.#database = database;
    this.#keyOf = keyOf;
    this.#scanner = new Scanner(database.source, new Meter(UNBOUNDED));
  }

  /** The encoded proof object of a theorem. */
  proofOf(theorem: number): Uint8Array {
    const { statements, pool } = this.#database.parts;
    const scanner = this.#scanner;
    scanner.end = statements.secondOf(theorem);
    const frame = statements.firstOf(theorem);
    const order = stackOrder(pool.ints, frame);
    this.#steps.reset();
    this.#stepCount = 0;
    scanner.next();
    const compressed = isToken(scanner, OPEN);
    const labels = this.#readLabels(compressed);
    const table = new LabelTable(this.#database, frame, order, labels);
    if (compressed) this.#copyLetters(table, labels);
    else for (const label of labels) this.#add(table.stepOf(label));
    const proof = {
      dummies: table.dummies,
      citations: table.citations.map((assertion) => this.#citationOf(assertion)),
      steps: this.#steps.finish(),
      stepCount: this.#stepCount,
    };
    return encodeProof(proof, this.#out);
  }

  #readLabels(compressed: boolean): readonly number[] {
    const { tokens, roles } = this.#database.parts;
    const scanner = this.#scanner;
    const labels: number[] = [];
    if (compressed) scanner.next();
    for (; !scanner.startsWithDollar && !isToken(scanner, CLOSE); scanner.next()) {
      const { source, start, end, hash } = scanner;
      const token = tokens.find(source, start, end, hash);
      labels.push(roles.statementOf(token));
    }
    return labels;
  }

  #copyLetters(table: LabelTable, labels: readonly number[]): void {
    const scanner = this.#scanner;
    const { source } = scanner;
    let number = 0;
    while (scanner.next() && !scanner.startsWithDollar) {
      for (let at = scanner.start; at < scanner.end; at++) {
        const letter = source[at]!;
        if (letter === Z) {
          this.#steps.varint(0);
          this.#stepCount++;
        } else if (letter <= T) {
          number = number * 20 + letter - A;
          this.#add(table.stepOfNumber(number, labels));
          number = 0;
        } else number = number * 5 + letter - T;
      }
    }
  }

  #add(step: number): void {
    this.#steps.varint(step + 1);
    this.#stepCount++;
  }

  #citationOf(assertion: number): Citation {
    const known = this.#citations.get(assertion);
    if (known !== undefined) return known;
    const { statements, pool } = this.#database.parts;
    const order = stackOrder(pool.ints, statements.firstOf(assertion));
    const positions: number[] = [];
    order.forEach((number, position) => {
      positions[number] = position;
    });
    const natural = positions.every((position, number) => position === number);
    const key = this.#keyOf(assertion);
    const citation = { key, positions: natural ? undefined : positions };
    this.#citations.set(assertion, citation);
    return citation;
  }
}

function isToken(scanner: Scanner, character: number): boolean {
  return scanner.end - scanner.start === 1 && scanner.source[scanner.start] === character;
}

/** Where hypotheses, dummies, citations and remembered steps of one proof are in the stored form. */
class LabelTable {
  readonly dummies: Uint8Array[] = [];
  readonly citations: number[] = [];
  readonly #order: Int32Array;
  /** Step by statement, of mandatory hypotheses and dummies; of citations, counted from 0. */
  readonly #hypotheses = new Map<number, number>();
  readonly #cited = new Map<number, number>();

  constructor(database: Database, frame: number, order: Int32Array, labels: readonly number[]) {
    const { statements, pool, tokens } = database.parts;
    this.#order = order;
    order.forEach((number, position) => {
      this.#hypotheses.set(hypothesisAt(pool.ints, frame, position), number);
    });
    for (const label of labels) {
      if (!statements.isHypothesis(label)) {
        if (!this.#cited.has(label)) this.#cited.set(label, this.citations.push(label) - 1);
      } else if (!this.#hypotheses.has(label)) {
        this.dummies.push(tokens.bytesOf(statements.firstOf(label)).slice());
        this.#hypotheses.set(label, order.length + this.dummies.length - 1);
      }
    }
  }

  stepOf(label: number): number {
    const hypothesis = this.#hypotheses.get(label);
    return hypothesis ?? this.#order.length + this.dummies.length + this.#cited.get(label)!;
  }

  /** Of a number in a compressed proof with these labels. */
  stepOfNumber(number: number, labels: readonly number[]): number {
    const count = this.#order.length;
    if (number < count) return this.#order[number]!;
    const label = labels[number - count];
    if (label !== undefined) return this.stepOf(label);
    return number - labels.length + this.dummies.length + this.citations.length;
  }
}
