import type { Sequence } from "../../base/types.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import type { PeekedVotes } from "../../consensus/take-apart.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { Machine } from "../host/machine.ts";
import type { StepJournal } from "./step-journal.ts";

/** The same machine, with a journal that sees each step. */
export class JournaledMachine implements Machine {
  readonly #machine: Machine;
  readonly #journal: StepJournal;

  constructor(machine: Machine, journal: StepJournal) {
    this.#machine = machine;
    this.#journal = journal;
  }

  get status(): Machine["status"] {
    return this.#machine.status;
  }

  step(input: Input, now: Now): readonly Output[] {
    const outputs = this.#machine.step(input, now);
    this.#journal.observe(input, outputs, now);
    return outputs;
  }

  needs(votes: PeekedVotes): boolean {
    return this.#machine.needs(votes);
  }

  certificateAt(sequence: Sequence): StatementCertificate | undefined {
    return this.#machine.certificateAt(sequence);
  }

  probe(nonce: Uint8Array, now: Now): Uint8Array | undefined {
    return this.#machine.probe(nonce, now);
  }
}
