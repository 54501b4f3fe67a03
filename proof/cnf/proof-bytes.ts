/**
 * A stored proof begins with one byte that says what it is. Behind it: a refutation is binary LRAT
 * in canonical numbers; a model is one bit for each canonical variable, low bits first, the rest of
 * the last byte 0.
 */
export const REFUTATION = 1;
export const MODEL = 2;
export const PROOF_HEAD_SIZE = 1;

/** `model[variable]` is 1 for true. */
export function encodeModel(model: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PROOF_HEAD_SIZE + Math.ceil(model.length / 8));
  bytes[0] = MODEL;
  for (let variable = 0; variable < model.length; variable++) {
    if (model[variable] === 1) bytes[PROOF_HEAD_SIZE + (variable >>> 3)]! |= 1 << (variable & 7);
  }
  return bytes;
}

/** Of bytes that the checker accepted as a model. */
export function decodeModel(proof: Uint8Array, variableCount: number): Uint8Array {
  return Uint8Array.from(
    { length: variableCount },
    (_, variable) => (proof[PROOF_HEAD_SIZE + (variable >>> 3)]! >>> (variable & 7)) & 1,
  );
}
