import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { exhaust } from "../../proof/frame/stop.ts";

const PIECE_SIZE = 1 << 18;

/** A file piece by piece, each one new, so that whoever gets it may keep it. */
export function readInPieces(file: string, take: (piece: Uint8Array) => void): void {
  const handle = openSync(file, "r");
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE_SIZE);
      const size = readSync(handle, piece, 0, PIECE_SIZE, null);
      if (size === 0) return;
      take(piece.subarray(0, size));
    }
  } finally {
    closeSync(handle);
  }
}

/** The first bytes of a file, fewer when it is shorter. */
export function readHead(file: string, size: number): Uint8Array {
  const handle = openSync(file, "r");
  try {
    const head = new Uint8Array(size);
    return head.subarray(0, readSync(handle, head, 0, size, 0));
  } finally {
    closeSync(handle);
  }
}

/** A file that must be held whole. Inside of `judged`: ends there when it is larger than that. */
export function readWhole(file: string, bytesMax: number): Uint8Array {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    if (size > bytesMax) exhaust("bytes", bytesMax, `${size} bytes`);
  } finally {
    closeSync(handle);
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  readInPieces(file, (piece) => {
    size += piece.length;
    if (size > bytesMax) exhaust("bytes", bytesMax);
    pieces.push(piece);
  });
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
