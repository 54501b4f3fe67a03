import type { Meter } from "../../frame/meter.ts";

/** What is true, since when and why. Open to the solver's inner loops. */
export class Assignment {
  /** By literal: 1 true, −1 false, 0 open. */
  readonly values: Int8Array;
  /** By variable: its decision level, the clause that forced it (0: decided), its trail position. */
  readonly levels: Int32Array;
  readonly reasons: Int32Array;
  readonly positions: Int32Array;
  readonly trail: Int32Array;
  trailSize = 0;
  /** Where each level begins on the trail. */
  readonly levelStarts: number[] = [];

  constructor(variableCount: number, meter: Meter) {
    meter.hold(18 * variableCount);
    this.values = new Int8Array(2 * variableCount);
    this.levels = new Int32Array(variableCount);
    this.reasons = new Int32Array(variableCount);
    this.positions = new Int32Array(variableCount);
    this.trail = new Int32Array(variableCount);
  }

  get level(): number {
    return this.levelStarts.length;
  }

  assign(literal: number, reason: number): void {
    const variable = literal >>> 1;
    this.values[literal] = 1;
    this.values[literal ^ 1] = -1;
    this.levels[variable] = this.levelStarts.length;
    this.reasons[variable] = reason;
    this.positions[variable] = this.trailSize;
    this.trail[this.trailSize++] = literal;
  }

  openLevel(): void {
    this.levelStarts.push(this.trailSize);
  }

  /** `onOpen` hears each literal that becomes open again. */
  backTo(level: number, onOpen: (literal: number) => void): void {
    if (level >= this.levelStarts.length) return;
    const size = this.levelStarts[level]!;
    while (this.trailSize > size) {
      const literal = this.trail[--this.trailSize]!;
      this.values[literal] = 0;
      this.values[literal ^ 1] = 0;
      onOpen(literal);
    }
    this.levelStarts.length = level;
  }
}
