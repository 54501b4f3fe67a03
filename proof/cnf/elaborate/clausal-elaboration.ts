import type { Meter } from "../../frame/meter.ts";
import type { CanonicalFormula } from "../canonical/canonical-cnf.ts";
import type { VariableMap } from "../dimacs/variable-map.ts";
import { BinaryLratWriter } from "../lrat/binary-lrat-writer.ts";
import type { ProofSink } from "../lrat/binary-lrat-writer.ts";
import { BackwardCheck } from "./backward-check.ts";
import type { ClausalReader } from "./clausal-reader.ts";
import { emitLrat } from "./emit-lrat.ts";
import { LemmaList } from "./lemma-list.ts";
import { proofNumbering } from "./proof-numbering.ts";

export interface ElaborationInput {
  readonly canonical: CanonicalFormula;
  readonly variables: VariableMap;
  readonly meter: Meter;
}

/** Visits that finding hints may take, for each byte of the proof: it is search, not checking. */
const VISITS_PER_BYTE = 1 << 16;
const VISITS_FREE = 1e8;

/** DRAT or FRAT about a text becomes binary LRAT about its canonical form. */
export class ClausalElaboration {
  readonly #reader: ClausalReader;
  readonly #lemmas: LemmaList;
  readonly #meter: Meter;

  constructor({ canonical, variables, meter }: ElaborationInput, reader: ClausalReader) {
    const { clauses, clauseNumbers, renaming, variableCount } = canonical;
    const copies = new Int32Array(clauses.starts.length - 1);
    for (const number of clauseNumbers) if (number > 0) copies[number - 1]!++;
    this.#reader = reader;
    this.#meter = meter;
    this.#lemmas = new LemmaList(
      { ...clauses, variableCount },
      copies,
      proofNumbering(variables, renaming.forward, variableCount),
      meter,
    );
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#drain();
  }

  /** Checks the whole, and gives what it proves to the sink. */
  finish(sink: ProofSink): void {
    this.#reader.end();
    this.#drain();
    this.#reader.expectNoRest();
    const visitsMax = VISITS_FREE + VISITS_PER_BYTE * this.#reader.offset;
    const refutation = new BackwardCheck(this.#lemmas, visitsMax, this.#meter).run();
    emitLrat(this.#lemmas, refutation, new BinaryLratWriter(sink), this.#meter);
  }

  #drain(): void {
    for (;;) {
      const step = this.#reader.next();
      if (step === undefined) return;
      this.#meter.offset = this.#reader.stepOffset;
      this.#lemmas.take(step, this.#reader);
    }
  }
}
