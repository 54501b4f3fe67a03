import { AUTHOR_NUMBER_MAX, TIME_MILLISECONDS_MAX } from "./limits.ts";
import type { EventTime } from "./journal-event.ts";

/**
 * The sender's newest event, as a frame names it. A hint and no more: who lies in it draws a wrong
 * line in somebody's picture and changes nothing that anybody decides.
 */
export interface CauseHint extends EventTime {
  readonly incarnation: number;
  readonly sequence: number;
}

/** Three numbers of 48 bits and one of 16, big-endian. */
export const CAUSE_HINT_SIZE = 20;

export function writeCauseHint(hint: CauseHint, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  writeUint48(view, offset, hint.incarnation);
  writeUint48(view, offset + 6, hint.sequence);
  writeUint48(view, offset + 12, hint.milliseconds);
  view.setUint16(offset + 18, hint.counter);
}

/** Undefined: no event has such numbers. `bytes` holds {@link CAUSE_HINT_SIZE} from `offset` on. */
export function readCauseHint(bytes: Uint8Array, offset: number): CauseHint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const incarnation = readUint48(view, offset);
  const sequence = readUint48(view, offset + 6);
  const milliseconds = readUint48(view, offset + 12);
  const counter = view.getUint16(offset + 18);
  if (incarnation < 1 || incarnation > AUTHOR_NUMBER_MAX) return undefined;
  if (sequence < 1 || sequence > AUTHOR_NUMBER_MAX) return undefined;
  if (milliseconds > TIME_MILLISECONDS_MAX) return undefined;
  return { incarnation, sequence, milliseconds, counter };
}

function writeUint48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 2, value % 2 ** 32);
}

function readUint48(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}
