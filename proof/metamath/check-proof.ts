import { compareBytes, equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { Budget } from "../frame/budget.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Acceptance, CheckResult } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import type { Evidence } from "../frame/proof-kind.ts";
import { judged, reject } from "../frame/stop.ts";
import { canonicalNumbering, renumber } from "./canonical-statement.ts";
import { addFrame } from "./frame-statement.ts";
import { GrowingInts } from "./growing-ints.ts";
import { decodePayload, encodePayload } from "./payload.ts";
import { ProofMachine } from "./proof-machine.ts";
import { readProofHead, readStep } from "./proof-object.ts";
import type { CitationAt, ProofHead } from "./proof-object.ts";
import type { Statement } from "./statement.ts";
import { TokenTable, hashToken } from "./token-table.ts";

/** Whether a stored proof proves a canonical obligation from the obligations that it cites. */
export function checkProof(evidence: Evidence, budget: Budget): CheckResult {
  return judged(() => new StoredProof(evidence, budget).check());
}

/** Whether the bytes are the canonical payload of the statement that they describe. */
export function judgePayload(payload: Uint8Array, budget: Budget): CheckResult<undefined> {
  return judged(() => {
    const meter = new Meter(budget);
    meter.read(payload.length);
    const tokens = new TokenTable(meter);
    const statement = decodePayload(payload, tokens, meter);
    const writer = new ByteWriter();
    const { numbers } = canonicalNumbering(statement, tokens, meter);
    encodePayload(renumber(statement, numbers), tokens, writer);
    const canonical = writer.finish();
    for (let at = 0; at < payload.length; at++) {
      if (payload[at] !== canonical[at]) reject("not-canonical", at);
    }
    return undefined;
  });
}

class StoredProof {
  readonly #evidence: Evidence;
  readonly #meter: Meter;
  readonly #tokens: TokenTable;
  readonly #pool: GrowingInts;
  readonly #machine: ProofMachine;
  readonly #reader: ByteReader;

  constructor(evidence: Evidence, budget: Budget) {
    this.#evidence = evidence;
    this.#meter = new Meter(budget);
    this.#meter.read(evidence.payload.length + evidence.proof.length);
    this.#tokens = new TokenTable(this.#meter);
    this.#pool = new GrowingInts(this.#meter);
    this.#machine = new ProofMachine(this.#pool, this.#meter);
    this.#reader = new ByteReader(evidence.proof);
  }

  check(): Acceptance {
    const { payload } = this.#evidence;
    const statement = decodePayload(payload, this.#tokens, this.#meter);
    if (statement.isAxiom) reject("axiom-proved", 0);
    const own = addFrame(this.#pool, statement);
    const head = readProofHead(this.#reader, this.#meter);
    const frames = head.citations.map((citation) => this.#frameOf(citation));
    this.#begin(own, statement, head);
    const used = this.#replay(head, frames);
    const dependencies = distinctKeys(head.citations.filter((_, index) => used[index] === 1));
    return { dependencies, cost: this.#meter.cost() };
  }

  #frameOf({ key, positions, offset }: CitationAt): number {
    const payload = this.#evidence.cited(key);
    if (payload === undefined) return reject("citation-unknown", offset, toHex(key));
    if (equalBytes(payload, this.#evidence.payload)) reject("cites-itself", offset);
    this.#meter.offset = offset;
    this.#meter.read(payload.length);
    const statement = decodePayload(payload, this.#tokens, this.#meter);
    const count = statement.typecodes.length + statement.essentials.length;
    if (positions !== undefined && positions.length !== count) reject("order", offset);
    return addFrame(this.#pool, statement, positions);
  }

  /** A dummy is distinct from everything: it can be chosen so. */
  #begin(own: number, statement: Statement, head: ProofHead): void {
    const tokens = this.#tokens;
    const typecodes = head.dummies.map((bytes) =>
      tokens.intern(bytes, 0, bytes.length, hashToken(bytes, 0, bytes.length)),
    );
    this.#machine.begin(own, typecodes);
    const count = statement.typecodes.length;
    this.#meter.spend((count + typecodes.length) * typecodes.length);
    for (let dummy = count; dummy < count + typecodes.length; dummy++) {
      for (let other = 0; other < dummy; other++) this.#machine.distinct.declare(dummy, other);
    }
  }

  /** Answers which citations were used. */
  #replay(head: ProofHead, frames: readonly number[]): Uint8Array {
    const [machine, reader, meter] = [this.#machine, this.#reader, this.#meter];
    const used = new Uint8Array(frames.length);
    const { hypothesisCount } = machine;
    let mayNotSave = true;
    for (let left = head.stepCount; left > 0; left--) {
      meter.offset = reader.offset;
      const step = readStep(reader);
      if (step === undefined) {
        if (mayNotSave) reject("save-without-step", meter.offset);
        machine.save();
      } else if (step < hypothesisCount) machine.pushHypothesis(step);
      else if (step < hypothesisCount + frames.length) {
        used[step - hypothesisCount] = 1;
        machine.apply(frames[step - hypothesisCount]!);
      } else this.#recall(step - hypothesisCount - frames.length);
      mayNotSave = step === undefined;
    }
    meter.offset = reader.offset;
    reader.end();
    machine.finish();
    return used;
  }

  #recall(number: number): void {
    if (number >= this.#machine.savedCount) reject("saved-undefined", this.#meter.offset);
    this.#machine.recall(number);
  }
}

function distinctKeys(citations: readonly CitationAt[]): readonly Hash[] {
  const sorted = citations.map(({ key }) => key).sort(compareBytes);
  return sorted
    .filter((key, index) => index === 0 || compareBytes(key, sorted[index - 1]!) !== 0)
    .map((key) => key.slice() as Hash);
}
