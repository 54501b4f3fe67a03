import {
  READ_ANSWERED,
  SUBMIT_EXECUTED,
  readAnswerCodec,
  submitAnswerCodec,
} from "../../../consensus/wire/connection.ts";
import type { ReadAnswer } from "../../../consensus/wire/connection.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Liar, Strategy } from "./liar.ts";
import { flipped } from "./lie-in-transfer.ts";

/**
 * Old answers for new questions, absences of what is there, by the proof of another key too, and
 * executions that never were.
 */
export const cheatClients: Strategy = {
  name: "cheat-clients",
  answer(kind, body, liar) {
    if (kind === FRAME.readAnswer) return cheatRead(body, liar);
    if (kind === FRAME.submitAnswer) return cheatSubmit(body, liar);
    return body;
  },
};

function cheatRead(body: Uint8Array, liar: Liar): Uint8Array | undefined {
  const answer = readAnswerCodec.tryDecode(body);
  if (answer === undefined || answer.status !== READ_ANSWERED) return body;
  const first = (liar.memory.get("first answers") ?? []) as ReadAnswer[];
  liar.memory.set("first answers", first);
  if (first.length < 40 && answer.certificate !== undefined) first.push(answer);
  const old = first[liar.prng.below(first.length)];
  const nothing = { row: new Uint8Array(0), hasValue: false, value: new Uint8Array(0) };
  switch (liar.prng.below(6)) {
    case 5:
      return old === undefined
        ? body
        : readAnswerCodec.encode({ ...old, ...nothing, id: answer.id });
    case 0:
      return old === undefined ? body : readAnswerCodec.encode({ ...old, id: answer.id });
    case 1:
      return readAnswerCodec.encode({ ...answer, ...nothing });
    case 2:
      return readAnswerCodec.encode({ ...answer, row: flipped(answer.row, liar) });
    case 3:
      return old === undefined
        ? body
        : readAnswerCodec.encode({ ...answer, row: old.row, proof: old.proof });
    default:
      return body;
  }
}

function cheatSubmit(body: Uint8Array, liar: Liar): Uint8Array | undefined {
  const answer = submitAnswerCodec.tryDecode(body);
  if (answer === undefined) return body;
  const kept = liar.memory.get("an execution") as typeof answer | undefined;
  if (answer.status === SUBMIT_EXECUTED) {
    if (kept === undefined) liar.memory.set("an execution", answer);
    return liar.prng.chance(0.5) ? body : undefined;
  }
  if (kept === undefined) return body;
  return submitAnswerCodec.encode({ ...kept, digest: answer.digest });
}
