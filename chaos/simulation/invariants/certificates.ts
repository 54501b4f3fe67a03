import { toHex } from "../../../base/bytes.ts";
import type { Epoch } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";
import type { Output, PromiseRecord } from "../../../consensus/replica/output.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { batchCodec } from "../../../consensus/wire/agreement.ts";
import { statementCodec } from "../../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { writeCodec, writeSetCodec } from "../../../consensus/wire/write-set.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound, nameOf } from "./checker.ts";
import {
  certificateName,
  faultOfStatements,
  faultOfVotes,
  plainQuorum,
} from "./independent-certificates.ts";

/**
 * Every certificate that a correct replica rests on is one by an independent verdict; no two of one
 * place contradict each other; and none stands for what its correct signers did not do.
 */
export class Certificates implements Checker {
  readonly name = "certificates";
  readonly #frame: CheckerFrame;
  readonly #judged = new Set<string>();
  readonly #prepared = new Map<string, string>();
  readonly #committed = new Map<number, string>();
  readonly #stated = new Map<number, string>();
  /** Roots that replicas executed: `name/sequence/root`. */
  readonly #executed = new Set<string>();
  readonly #correct = new Set<string>();

  constructor(frame: CheckerFrame) {
    this.#frame = frame;
  }

  boot(replica: SimulatedReplica): void {
    if (isBound(replica)) this.#correct.add(nameOf(replica));
    else this.#correct.delete(nameOf(replica));
  }

  step(replica: SimulatedReplica, input: Input, outputs: readonly Output[]): void {
    if (!isBound(replica)) {
      this.#correct.delete(nameOf(replica));
      return;
    }
    // Its statement there is one more to a root that others have stated before.
    if (input.type === "transferred") {
      const { sequence, stateRoot } = statementCodec.decode(input.certificate.statement);
      this.#executed.add(`${nameOf(replica)}/${sequence}/${toHex(stateRoot)}`);
    }
    for (const output of outputs) {
      switch (output.type) {
        case "executed":
          this.#executed.add(`${nameOf(replica)}/${output.sequence}/${toHex(output.stateRoot)}`);
          break;
        case "certified":
          this.#statements(replica, output.certificate);
          break;
        case "transfer":
          this.#transfer(replica, output.certificate);
          break;
        case "persist":
          this.#record(replica, output.record);
          break;
        case "halt":
          demand(false, this.name, () => `${replica.name} halted: ${output.what}`);
          break;
        default:
      }
    }
  }

  #record(replica: SimulatedReplica, record: PromiseRecord): void {
    if (record.type === "batch") this.#proposal(replica, record.batch);
    if (record.type === "prepared") this.#votes(replica, record.certificate, "prepared");
    if (record.type === "committed") this.#votes(replica, record.certificate, "commit");
  }

  #votes(
    replica: SimulatedReplica,
    certificate: Certificate,
    purpose: "prepared" | "commit",
  ): void {
    const { crypto } = this.#frame;
    const { epoch, view, sequence, digest } = certificate;
    const committee = this.#committeeOf(epoch);
    const place = `${purpose} ${epoch}/${certificateName(certificate)}`;
    if (!this.#judged.has(place)) {
      this.#judged.add(place);
      const fault = faultOfVotes(committee, crypto, certificate, purpose);
      const what = (): string => `${replica.name} rests on ${purpose} ${sequence}: ${fault}`;
      demand(fault === undefined, this.name, what);
    }
    const text = keyText(digest);
    if (purpose === "prepared") {
      const at = `${epoch}/${view}/${sequence}`;
      const other = this.#prepared.get(at) ?? text;
      this.#prepared.set(at, text);
      const what = (): string => `two prepared certificates of view ${view}, ${sequence}`;
      demand(other === text, this.name, what);
    } else {
      const other = this.#committed.get(sequence) ?? text;
      this.#committed.set(sequence, text);
      demand(other === text, this.name, () => `two commit certificates of ${sequence}`);
    }
  }

  /** To where a quorum stands, or f+1: then a correct one among them does. */
  #transfer(replica: SimulatedReplica, certificate: StatementCertificate): void {
    const { sequence, epoch } = statementCodec.decode(certificate.statement);
    const { faultyMax } = this.#committeeOf(epoch);
    this.#statements(replica, certificate, faultyMax + 1);
    const isVouched = certificate.signatures.some(({ author }) =>
      this.#correct.has(this.#frame.epochs.nameOf(epoch, author)),
    );
    const what = (): string => `${replica.name} goes to ${sequence}, which only liars state`;
    demand(isVouched, this.name, what);
  }

  #statements(
    replica: SimulatedReplica,
    certificate: StatementCertificate,
    authorCountMin?: number,
  ): void {
    const { crypto, epochs } = this.#frame;
    const { sequence, stateRoot, epoch } = statementCodec.decode(certificate.statement);
    const text = keyText(certificate.statement);
    const other = this.#stated.get(sequence) ?? text;
    demand(other === text, this.name, () => `two statement certificates of ${sequence}`);
    this.#stated.set(sequence, text);
    const committee = this.#committeeOf(epoch);
    const fault = faultOfStatements(committee, crypto, certificate, authorCountMin);
    demand(fault === undefined, this.name, () => `${replica.name} shows ${sequence}: ${fault}`);
    for (const { author } of certificate.signatures) {
      const name = epochs.nameOf(epoch, author);
      if (!this.#correct.has(name)) continue;
      const did = this.#executed.has(`${name}/${sequence}/${toHex(stateRoot)}`);
      demand(did, this.name, () => `replica ${author} signed ${sequence} unexecuted`);
    }
  }

  /** One that nobody has decided is none: the genesis stands for it, and its signatures fail. */
  #committeeOf(epoch: Epoch): Committee {
    return this.#frame.epochs.committeeOf(epoch) ?? this.#frame.committee;
  }

  /** Sets whose values are elsewhere need a quorum that has them. */
  #proposal(replica: SimulatedReplica, bytes: Uint8Array): void {
    for (const { writeSet, acknowledgements } of batchCodec.tryDecode(bytes)?.items ?? []) {
      const wire = writeSetCodec.decode(writeSet);
      const writes = wire.writes.map((write) => writeCodec.decode(write));
      const isElsewhere = writes.some(({ operation, inline }) => operation === 1 && !inline);
      if (!isElsewhere) continue;
      const authors = new Set((acknowledgements?.votes ?? []).map(({ author }) => author));
      const isEnough =
        authors.size >= plainQuorum(replica.process?.committee ?? this.#frame.committee);
      const what = (): string => `${replica.name} takes a set that ${authors.size} acknowledged`;
      demand(isEnough, this.name, what);
    }
  }
}
