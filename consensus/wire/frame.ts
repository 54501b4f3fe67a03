import { concatBytes } from "../../base/bytes.ts";

/**
 * A frame on a connection is one byte of kind and one strictly encoded message. Numbers are never
 * reused: a retired one stays in the list with the reason.
 */
export const FRAME = {
  hello: 1,
  proof: 2,
  // between replicas
  votePack: 10,
  batch: 11,
  signed: 12,
  forward: 13,
  fetchBatch: 14,
  fetchCommitted: 15,
  committed: 16,
  fetchNodes: 17,
  nodes: 18,
  fetchRows: 19,
  rows: 20,
  fetchStable: 21,
  stable: 22,
  /** Q acknowledgements of one write set, for the primary: an encoded Certificate. */
  availability: 23,
  /**
   * Another frame behind the sender's newest event, for journals: a kind, a hint that nobody
   * believes, and the frame's body. See node/journal/traced-frame.ts.
   */
  traced: 24,
  /** A primary's pre-prepare that was overruled in its view, for others: a Certificate of one vote. */
  proposal: 25,
  // between a client and a replica
  submit: 40,
  submitAnswer: 41,
  read: 42,
  readAnswer: 43,
  list: 44,
  listAnswer: 45,
  subscribe: 46,
  root: 47,
  probe: 48,
  probeAnswer: 49,
  revocationTail: 50,
  revocationTailAnswer: 51,
  status: 52,
  statusAnswer: 53,
  policy: 54,
  policyAnswer: 55,
  contested: 56,
  contestedAnswer: 57,
  readPast: 58,
  readPastAnswer: 59,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

const KNOWN: ReadonlySet<number> = new Set(Object.values(FRAME));

export interface Frame {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

export function encodeFrame(kind: FrameKind, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind), body);
}

/** Undefined for an empty frame or an unknown kind. `body` aliases the input. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const kind = bytes[0];
  if (kind === undefined || !KNOWN.has(kind)) return undefined;
  return { kind: kind as FrameKind, body: bytes.subarray(1) };
}
