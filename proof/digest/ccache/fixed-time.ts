import { TIME_OFFSET, TIME_SIZE } from "./ccache-body.ts";

/** Zeroes the creation time in a body that passes through in pieces. */
export class FixedTime {
  #offset = 0;

  /** The piece itself, or a copy when it holds part of the time. */
  overwrite(piece: Uint8Array): Uint8Array {
    const start = TIME_OFFSET - this.#offset;
    this.#offset += piece.length;
    if (start >= piece.length || start + TIME_SIZE <= 0) return piece;
    const copy = piece.slice();
    copy.fill(0, Math.max(0, start), start + TIME_SIZE);
    return copy;
  }
}
