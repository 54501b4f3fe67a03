import { assertUnreachable } from "../../../base/assert.ts";
import { toHex } from "../../../base/bytes.ts";
import { SIGNED_HEARTBEAT, statementCodec } from "../../wire/certificate.ts";
import type { Vote } from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import type { Output, PromiseRecord } from "../output.ts";

const VOTES = ["", "pre-prepare", "prepare", "commit", "acknowledgement"];
const SIGNED = ["", "statement", "heartbeat", "view-change", "new-view", "suspicion"];
const FRAMES = new Map<number, string>(Object.entries(FRAME).map(([name, kind]) => [kind, name]));

/** One output in one line, as scenario files show it; undefined: too ordinary to show. */
export function describeOutput(output: Output): string | undefined {
  switch (output.type) {
    case "persist":
      return `persist ${describeRecord(output.record)}`;
    case "vote":
      return `vote ${describeVote(output.vote)}`;
    case "sign":
      if (output.signedType === SIGNED_HEARTBEAT) return undefined;
      return `sign ${SIGNED[output.signedType]}`;
    case "send":
      return `send ${FRAMES.get(output.kind)} to ${output.to}`;
    case "executed":
      return `executed ${output.sequence} (${output.writeSets.length} write sets)`;
    case "certified":
      return `certified ${output.sequence}`;
    case "view":
      return `view ${output.view} ${output.active ? "active" : "left for"}`;
    case "evidence":
      return `evidence against ${output.author}: ${output.what}`;
    case "refused":
      return `refused: ${output.reason}`;
    case "transfer":
      return `transfer to ${statementCodec.decode(output.certificate.statement).sequence}`;
    case "truncate":
      return `truncate below ${output.below}`;
    case "halt":
      return `halt: ${output.what}`;
    case "dropped":
      return `dropped: ${output.why}`;
    case "fresh":
      return undefined;
    default:
      return assertUnreachable(output);
  }
}

function describeVote({ type, view, sequence, digest }: Vote): string {
  return `${VOTES[type]} view ${view} sequence ${sequence} ${toHex(digest).slice(0, 6)}`;
}

function describeRecord(record: PromiseRecord): string {
  switch (record.type) {
    case "vote":
      return `vote ${describeVote(record.vote)}`;
    case "batch":
    case "statement":
      return `${record.type} ${record.sequence}`;
    case "prepared":
    case "committed":
      return `${record.type} view ${record.certificate.view} sequence ${record.certificate.sequence}`;
    case "stable":
    case "weak-root":
      return `${record.type} ${statementCodec.decode(record.certificate.statement).sequence}`;
    case "floor":
      return `floor ${record.below}`;
    case "view-change":
    case "new-view":
      return `${record.type} ${record.view}`;
    default:
      return assertUnreachable(record);
  }
}
