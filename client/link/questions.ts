import * as wire from "../../consensus/wire/connection.ts";
import type { Codec } from "../../consensus/wire/codec.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { readPastAnswerCodec, readPastCodec } from "../../consensus/wire/past.ts";
import type { ReadPast, ReadPastAnswer } from "../../consensus/wire/past.ts";

/** A request that one replica answers once, matched by its id. */
export interface Question<A> {
  readonly kind: FrameKind;
  readonly encode: (id: number) => Uint8Array;
  readonly answerKind: FrameKind;
  /** Never set: lets the compiler tell answers apart. */
  readonly answer?: A;
}

const ANSWERS: ReadonlyMap<FrameKind, Codec<{ readonly id: number }>> = new Map([
  [FRAME.readAnswer, wire.readAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [FRAME.listAnswer, wire.listAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [FRAME.probeAnswer, wire.probeAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [
    FRAME.revocationTailAnswer,
    wire.revocationTailAnswerCodec as unknown as Codec<{ readonly id: number }>,
  ],
  [FRAME.policyAnswer, wire.policyAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [FRAME.contestedAnswer, wire.listAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [FRAME.readPastAnswer, readPastAnswerCodec as unknown as Codec<{ readonly id: number }>],
  [FRAME.statusAnswer, wire.statusAnswerCodec as unknown as Codec<{ readonly id: number }>],
]);

export function answerCodec(kind: FrameKind): Codec<{ readonly id: number }> | undefined {
  return ANSWERS.get(kind);
}

export function readQuestion(read: Omit<wire.Read, "id">): Question<wire.ReadAnswer> {
  return {
    kind: FRAME.read,
    encode: (id) => wire.readCodec.encode({ id, ...read }),
    answerKind: FRAME.readAnswer,
  };
}

export function readPastQuestion(read: Omit<ReadPast, "id">): Question<ReadPastAnswer> {
  return {
    kind: FRAME.readPast,
    encode: (id) => readPastCodec.encode({ id, ...read }),
    answerKind: FRAME.readPastAnswer,
  };
}

export function listQuestion(list: Omit<wire.List, "id">): Question<wire.ListAnswer> {
  return {
    kind: FRAME.list,
    encode: (id) => wire.listCodec.encode({ id, ...list }),
    answerKind: FRAME.listAnswer,
  };
}

export function contestedQuestion(list: Omit<wire.ListContested, "id">): Question<wire.ListAnswer> {
  return {
    kind: FRAME.contested,
    encode: (id) => wire.listContestedCodec.encode({ id, ...list }),
    answerKind: FRAME.contestedAnswer,
  };
}

export function policyQuestion(): Question<wire.PolicyAnswer> {
  return {
    kind: FRAME.policy,
    encode: (id) => wire.policyRequestCodec.encode({ id }),
    answerKind: FRAME.policyAnswer,
  };
}

export function probeQuestion(nonce: Uint8Array): Question<wire.ProbeAnswer> {
  return {
    kind: FRAME.probe,
    encode: (id) => wire.probeCodec.encode({ id, nonce }),
    answerKind: FRAME.probeAnswer,
  };
}

export function tailQuestion(
  tail: Omit<wire.RevocationTail, "id">,
): Question<wire.RevocationTailAnswer> {
  return {
    kind: FRAME.revocationTail,
    encode: (id) => wire.revocationTailCodec.encode({ id, ...tail }),
    answerKind: FRAME.revocationTailAnswer,
  };
}

export function statusQuestion(): Question<wire.StatusAnswer> {
  return {
    kind: FRAME.status,
    encode: (id) => wire.statusRequestCodec.encode({ id }),
    answerKind: FRAME.statusAnswer,
  };
}
