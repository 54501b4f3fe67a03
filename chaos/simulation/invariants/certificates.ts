import { toHex } from "../../../base/bytes.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { batchCodec } from "../../../consensus/wire/agreement.ts";
import { writeCodec, writeSetCodec } from "../../../consensus/wire/write-set.ts";
import { statementCodec } from "../../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../../consensus/wire/certificate.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";
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
export function certificates({ committee, crypto }: CheckerFrame): Checker {
  const name = "certificates";
  const judged = new Set<string>();
  const prepared = new Map<string, string>();
  const committed = new Map<number, string>();
  const stated = new Map<number, string>();
  /** Roots that replicas executed: `index/sequence/root`. */
  const executed = new Set<string>();
  const correct = new Set<number>();

  function votes(
    replica: SimulatedReplica,
    certificate: Certificate,
    purpose: "prepared" | "commit",
  ): void {
    const { view, sequence, digest } = certificate;
    const place = `${purpose} ${certificateName(certificate)}`;
    if (!judged.has(place)) {
      judged.add(place);
      const fault = faultOfVotes(committee, crypto, certificate, purpose);
      const what = (): string => `${replica.name} rests on ${purpose} ${sequence}: ${fault}`;
      demand(fault === undefined, name, what);
    }
    const text = keyText(digest);
    if (purpose === "prepared") {
      const at = `${view}/${sequence}`;
      const other = prepared.get(at) ?? text;
      prepared.set(at, text);
      demand(other === text, name, () => `two prepared certificates of view ${view}, ${sequence}`);
    } else {
      const other = committed.get(sequence) ?? text;
      committed.set(sequence, text);
      demand(other === text, name, () => `two commit certificates of ${sequence}`);
    }
  }

  function statements(replica: SimulatedReplica, certificate: StatementCertificate): void {
    const { sequence, stateRoot } = statementCodec.decode(certificate.statement);
    const text = keyText(certificate.statement);
    const other = stated.get(sequence) ?? text;
    demand(other === text, name, () => `two statement certificates of ${sequence}`);
    if (stated.has(sequence)) return;
    stated.set(sequence, text);
    const fault = faultOfStatements(committee, crypto, certificate);
    demand(fault === undefined, name, () => `${replica.name} shows ${sequence}: ${fault}`);
    for (const { author } of certificate.signatures) {
      if (!correct.has(author)) continue;
      const did = `${author}/${sequence}/${toHex(stateRoot)}`;
      demand(executed.has(did), name, () => `replica ${author} signed ${sequence} unexecuted`);
    }
  }

  /** Sets whose values are elsewhere need a quorum that has them. */
  function proposal(replica: SimulatedReplica, bytes: Uint8Array): void {
    for (const { writeSet, acknowledgements } of batchCodec.tryDecode(bytes)?.items ?? []) {
      const wire = writeSetCodec.decode(writeSet);
      const puts = wire.writes.map((write) => writeCodec.decode(write));
      const isElsewhere = puts.some(({ operation, inline }) => operation === 1 && !inline);
      if (!isElsewhere) continue;
      const authors = new Set((acknowledgements?.votes ?? []).map(({ author }) => author));
      const what = (): string => `${replica.name} takes a set that ${authors.size} acknowledged`;
      demand(authors.size >= plainQuorum(committee), name, what);
    }
  }

  return {
    name,
    boot(replica) {
      if (isBound(replica)) correct.add(replica.index);
      else correct.delete(replica.index);
    },
    step(replica, _input, outputs) {
      if (!isBound(replica)) {
        correct.delete(replica.index);
        return;
      }
      for (const output of outputs) {
        switch (output.type) {
          case "executed":
            executed.add(`${replica.index}/${output.sequence}/${toHex(output.stateRoot)}`);
            break;
          case "certified":
          case "transfer":
            statements(replica, output.certificate);
            break;
          case "persist":
            if (output.record.type === "batch") proposal(replica, output.record.batch);
            if (output.record.type === "prepared") {
              votes(replica, output.record.certificate, "prepared");
            } else if (output.record.type === "committed") {
              votes(replica, output.record.certificate, "commit");
            }
            break;
          case "halt":
            demand(false, name, () => `${replica.name} halted: ${output.what}`);
            break;
          default:
        }
      }
    },
  };
}
