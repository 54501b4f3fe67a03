import type { Meter } from "../frame/meter.ts";
import { decline, reject } from "../frame/stop.ts";
import type { FrameBuilder, FrameWorld } from "./frame-builder.ts";
import { FRAME_ESSENTIALS } from "./frame-layout.ts";
import { GrowingInts } from "./growing-ints.ts";
import { ProofMachine } from "./proof-machine.ts";
import type { Scanner } from "./scanner.ts";
import { FLOATING } from "./statement-list.ts";
import { LABEL } from "./symbol-roles.ts";

/** In a compressed proof; honest ones stay below 10,000. */
const NUMBER_MAX = 2 ** 24;
const [A, T, U, Y, Z] = [0x41, 0x54, 0x55, 0x59, 0x5a];
const [DOLLAR, DOT, OPEN, QUESTION] = [0x24, 0x2e, 0x28, 0x3f];

/** Reads one proof, normal or compressed (Metamath book, appendix B), and replays it. */
export class ProofReader {
  readonly #world: FrameWorld;
  readonly #scanner: Scanner;
  readonly #builder: FrameBuilder;
  readonly #meter: Meter;
  readonly #machine: ProofMachine;
  /** Of each cited label in order: its frame, or ~number of a hypothesis. */
  readonly #operations: GrowingInts;
  /** The cited labels' statements. */
  readonly cited: GrowingInts;
  /** Where each label of a normal proof stands. */
  readonly #offsets: GrowingInts;
  readonly #used: GrowingInts;
  /** Typecodes of variables that only the proof uses. */
  #dummies: number[] = [];
  #variableCount = 0;
  #essentialCount = 0;

  constructor(world: FrameWorld, scanner: Scanner, builder: FrameBuilder) {
    this.#world = world;
    this.#scanner = scanner;
    this.#builder = builder;
    this.#meter = world.meter;
    this.#machine = new ProofMachine(world.pool, world.meter);
    this.#operations = new GrowingInts(world.meter);
    this.cited = new GrowingInts(world.meter);
    this.#offsets = new GrowingInts(world.meter);
    this.#used = new GrowingInts(world.meter);
  }

  /** Whether the i-th cited label was used, not only listed. */
  wasUsed(index: number): boolean {
    return this.#used.at(index) === 1;
  }

  /** The scanner stands behind `$=`, and afterwards behind `$.`. */
  read(frame: number, self: number): void {
    this.#operations.size = 0;
    this.cited.size = 0;
    this.#offsets.size = 0;
    this.#used.size = 0;
    this.#dummies = [];
    this.#variableCount = this.#world.pool.at(frame);
    this.#essentialCount = this.#world.pool.at(frame + FRAME_ESSENTIALS);
    const first = this.#scanner.start;
    if (!this.#scanner.next()) reject("proof-unclosed", first);
    if (this.#scanner.source[this.#scanner.start] === OPEN && this.#isOne()) {
      this.#readLabels(self, true);
      this.#begin(frame);
      this.#replayLetters();
    } else {
      this.#readLabels(self, false);
      this.#begin(frame);
      this.#replayLabels();
    }
    this.#machine.finish();
  }

  #isOne(): boolean {
    return this.#scanner.end - this.#scanner.start === 1;
  }

  /** Up to `)`, or up to `$.` with the token at hand as the first label. */
  #readLabels(self: number, compressed: boolean): void {
    const scanner = this.#scanner;
    let more = compressed ? scanner.next() : true;
    for (; more; more = scanner.next()) {
      const { source, start } = scanner;
      this.#meter.offset = start;
      if (scanner.startsWithDollar) {
        if (compressed || !scanner.isKeyword(DOT)) reject("proof-token", start, scanner.text());
        return;
      }
      if (compressed && source[start] === 0x29 && this.#isOne()) return;
      if (source[start] === QUESTION && this.#isOne()) decline("proof-incomplete", start);
      this.#addLabel(self, compressed);
    }
    reject("proof-unclosed", scanner.start);
  }

  #addLabel(self: number, compressed: boolean): void {
    const { tokens, roles, statements } = this.#world;
    const { source, start, end, hash } = this.#scanner;
    const token = tokens.find(source, start, end, hash);
    if (token < 0 || roles.roleOf(token) !== LABEL) {
      reject("label-unknown", start, this.#scanner.text());
    }
    const statement = roles.statementOf(token);
    if (statement === self) reject("cites-itself", start);
    this.cited.push(statement);
    this.#used.push(0);
    if (!compressed) this.#offsets.push(start);
    const operation = statements.isHypothesis(statement)
      ? ~this.#hypothesisNumber(statement, compressed, start)
      : statements.firstOf(statement);
    this.#operations.push(operation);
  }

  #hypothesisNumber(statement: number, compressed: boolean, offset: number): number {
    const { statements } = this.#world;
    const builder = this.#builder;
    const essential = builder.essentialNumberOf(statement);
    if (essential !== undefined) {
      return compressed ? reject("mandatory-listed", offset) : essential;
    }
    const variable = statements.secondOf(statement);
    if (
      statements.kindOf(statement) !== FLOATING ||
      this.#world.roles.statementOf(variable) !== statement
    ) {
      reject("hypothesis-inactive", offset, this.#scanner.text());
    }
    const known = builder.numberOf(variable);
    if (known < 0) this.#dummies.push(statements.firstOf(statement));
    else if (known < this.#variableCount) {
      return compressed ? reject("mandatory-listed", offset, this.#scanner.text()) : known;
    }
    // Numbered behind the essential hypotheses, as the machine has it.
    return builder.numberDummy(variable) + this.#essentialCount;
  }

  #begin(frame: number): void {
    const builder = this.#builder;
    this.#machine.begin(frame, this.#dummies);
    if (this.#dummies.length === 0) return;
    const { ints, size } = this.#world.scope.pairs;
    this.#meter.spend(size / 2);
    for (let at = 0; at < size; at += 2) {
      const [left, right] = [builder.numberOf(ints[at]!), builder.numberOf(ints[at + 1]!)];
      if (left >= 0 && right >= 0) this.#machine.distinct.declare(left, right);
    }
  }

  #replayLabels(): void {
    const end = this.#scanner.start;
    for (let index = 0; index < this.#operations.size; index++) {
      this.#meter.offset = this.#offsets.at(index);
      this.#operate(index);
    }
    this.#meter.offset = end;
  }

  #operate(index: number): void {
    const operation = this.#operations.ints[index]!;
    this.#used.ints[index] = 1;
    if (operation < 0) this.#machine.pushHypothesis(~operation);
    else this.#machine.apply(operation);
  }

  /** A to T end a number, U to Y come before; Z remembers the step before it. */
  #replayLetters(): void {
    const scanner = this.#scanner;
    const { source } = scanner;
    const meter = this.#meter;
    let number = 0;
    let mayNotSave = true;
    while (scanner.next()) {
      const { start, end } = scanner;
      if (source[start] === DOLLAR) {
        meter.offset = start;
        if (!scanner.isKeyword(DOT)) reject("proof-token", start, scanner.text());
        if (number !== 0) reject("number-unfinished", start);
        return;
      }
      for (let at = start; at < end; at++) {
        const letter = source[at]!;
        meter.offset = at;
        if (letter >= A && letter <= T) {
          this.#step(number * 20 + letter - A);
          number = 0;
          mayNotSave = false;
        } else if (letter >= U && letter <= Y) {
          number = number * 5 + letter - T;
          if (number > NUMBER_MAX) reject("number-too-large", at);
        } else if (letter === Z) {
          if (number !== 0) reject("number-unfinished", at);
          if (mayNotSave) reject("save-without-step", at);
          this.#machine.save();
          mayNotSave = true;
        } else if (letter === QUESTION) decline("proof-incomplete", at);
        else reject("letter", at);
      }
    }
    reject("proof-unclosed", scanner.start);
  }

  #step(number: number): void {
    const { order } = this.#builder;
    if (number < order.size) {
      this.#machine.pushHypothesis(order.ints[number]!);
      return;
    }
    const index = number - order.size;
    if (index < this.#operations.size) {
      this.#operate(index);
      return;
    }
    const saved = index - this.#operations.size;
    if (saved >= this.#machine.savedCount) reject("saved-undefined", this.#meter.offset);
    this.#machine.recall(saved);
  }
}
