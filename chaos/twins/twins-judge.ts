import { toHex } from "../../base/bytes.ts";
import { buildEvidence } from "../../consensus/evidence/build-evidence.ts";
import { verifyEvidence } from "../../consensus/evidence/verify-evidence.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import type { Output } from "../../consensus/replica/output.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../consensus/wire/certificate.ts";
import {
  faultOfStatements,
  faultOfVotes,
} from "../simulation/invariants/independent-certificates.ts";
import type { TwinInstance } from "./twin-instance.ts";
import type { TwinsGenesis } from "./twins-genesis.ts";

/** What a judge found: the scenario ends with it. */
export class TwinsViolation extends Error {
  readonly checker: string;

  constructor(checker: string, what: string) {
    super(what);
    this.name = "TwinsViolation";
    this.checker = checker;
  }
}

/**
 * Looks on at one scenario and believes no instance.
 *
 * 1. Agreement: at each sequence all correct instances execute the same write sets at the same
 *    agreed time and come to the same root.
 * 2. Certificates: each that anybody rests on is one by a verdict that shares nothing with the
 *    verifier, and no two of one place contradict each other (R13).
 * 3. Evidence accuses members with a twin only, and convicts them before a stranger.
 * 4. Nobody latches: with f liars no two certificates contradict each other.
 */
export class TwinsJudge {
  readonly #shared: TwinsGenesis;
  /** Members that run twice. */
  readonly #twins: readonly number[];
  readonly #chain = new Map<number, string>();
  /** Certificates by their place, such as `prepared 2/7`: what each stands for. */
  readonly #certified = new Map<string, string>();
  readonly marks = new Map<string, number>();

  constructor(shared: TwinsGenesis, twins: readonly number[]) {
    this.#shared = shared;
    this.#twins = twins;
  }

  step(instance: TwinInstance, outputs: readonly Output[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case "executed":
          if (!instance.isFaulty) this.#executed(instance, output);
          break;
        case "persist":
          if (output.record.type === "prepared") {
            this.#votes(instance, output.record.certificate, "prepared");
          }
          if (output.record.type === "committed") {
            this.#votes(instance, output.record.certificate, "commit");
          }
          break;
        case "certified":
        case "transfer":
          this.#statements(instance, output.certificate);
          if (output.type === "transfer") this.#mark("transfer");
          break;
        case "evidence":
          this.#evidence(instance, output);
          break;
        case "halt":
          throw new TwinsViolation("nobody halts", `${nameOf(instance)}: ${output.what}`);
        case "view":
          if (output.active) this.#mark("new view");
          break;
        case "truncate":
          this.#mark("checkpoint");
          break;
        default:
      }
    }
  }

  #mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }

  #executed(instance: TwinInstance, output: Extract<Output, { readonly type: "executed" }>): void {
    const { sequence, stateRoot, agreedTime, writeSets } = output;
    const sets = writeSets.map(({ writeSet, code }) => `${keyText(writeSet.digest)}${code}`);
    const here = `${keyText(stateRoot)} ${agreedTime} ${sets.join()}`;
    const there = this.#chain.get(sequence) ?? here;
    this.#chain.set(sequence, here);
    if (there === here) return;
    throw new TwinsViolation(
      "agreement",
      `${nameOf(instance)} executed something else at ${sequence}`,
    );
  }

  #votes(instance: TwinInstance, certificate: Certificate, purpose: "prepared" | "commit"): void {
    const { committee, cryptography } = this.#shared;
    const { view, sequence, digest } = certificate;
    const place = purpose === "prepared" ? `prepared ${view}/${sequence}` : `commit ${sequence}`;
    if (this.#holds(instance, place, keyText(digest))) return;
    const fault = faultOfVotes(committee, cryptography.crypto, certificate, purpose);
    this.#demandWhole(instance, `${purpose} ${view}/${sequence}`, fault);
  }

  #statements(instance: TwinInstance, certificate: StatementCertificate): void {
    const { committee, cryptography } = this.#shared;
    const { sequence } = statementCodec.decode(certificate.statement);
    const text = keyText(certificate.statement);
    if (this.#holds(instance, `statement ${sequence}`, text)) return;
    const fault = faultOfStatements(committee, cryptography.crypto, certificate);
    this.#demandWhole(instance, `statement ${sequence}`, fault);
  }

  /** True: the same was here before. */
  #holds(instance: TwinInstance, place: string, content: string): boolean {
    const known = this.#certified.get(place);
    this.#certified.set(place, content);
    if (known === undefined || known === content) return known !== undefined;
    throw new TwinsViolation("certificates", `${nameOf(instance)} holds a second ${place}`);
  }

  #demandWhole(instance: TwinInstance, place: string, fault: string | undefined): void {
    if (fault === undefined) return;
    throw new TwinsViolation("certificates", `${nameOf(instance)} rests on ${place}: ${fault}`);
  }

  #evidence(instance: TwinInstance, output: Extract<Output, { readonly type: "evidence" }>): void {
    const { committee, cryptography } = this.#shared;
    this.#mark("evidence");
    const file = buildEvidence(committee.clusterId, output.kind, output.proofs);
    const verdict = verifyEvidence(cryptography.crypto, committee, file);
    if (!verdict.valid || !verdict.accused.includes(output.author)) {
      const what = `${nameOf(instance)} has no proof against ${output.author}`;
      throw new TwinsViolation("evidence", what);
    }
    if (this.#twins.includes(output.author)) return;
    const what = `${nameOf(instance)} accuses ${output.author}, who has no twin: ${output.what}`;
    throw new TwinsViolation("evidence", what);
  }

  /** After the healing: all correct instances stand at one root that a quorum has signed. */
  demandEqual(correct: readonly TwinInstance[]): void {
    const ends = correct.map(({ state }) => `${state.sequence} ${toHex(state.stateRoot)}`);
    if (new Set(ends).size <= 1) return;
    throw new TwinsViolation("equal roots", `after healing they stand at ${ends.join(", ")}`);
  }
}

export function nameOf({ index, place }: TwinInstance): string {
  return place === index ? `replica ${index}` : `the twin of ${index}`;
}
