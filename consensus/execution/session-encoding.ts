import { concatBytes } from "../../base/bytes.ts";
import { sessionRowCodec } from "../wire/rows.ts";
import type { SessionCounter, SessionRow } from "../wire/rows.ts";

/**
 * The encoding of a session's row, byte for byte that of `sessionRowCodec`, put together from
 * pieces: of up to SESSION_WINDOW results one is new at a time, and encoding the others again
 * would cost a write more than its Merkle path does.
 *
 * Fields stand in order, so the results lie between the row without any and its last field.
 */
export function encodeSession(row: SessionRow): Uint8Array {
  const without = sessionRowCodec.encode({ ...row, executed: [] });
  const split = without.length - NOT_AFTER_SIZE;
  return concatBytes(
    without.subarray(0, split),
    ...row.executed.map((result) => pieceOf(row, result, without.length)),
    without.subarray(split),
  );
}

/** Tag, length and eight bytes of clock value. */
const NOT_AFTER_SIZE = 10;

const pieces = new WeakMap<SessionCounter, Uint8Array>();

function pieceOf(row: SessionRow, result: SessionCounter, withoutSize: number): Uint8Array {
  const known = pieces.get(result);
  if (known !== undefined) return known;
  const withOne = sessionRowCodec.encode({ ...row, executed: [result] });
  const piece = withOne.slice(withoutSize - NOT_AFTER_SIZE, withOne.length - NOT_AFTER_SIZE);
  pieces.set(result, piece);
  return piece;
}
