import protobuf from "protobufjs/minimal.js";
import { equalBytes } from "../../base/bytes.ts";
import type { StaticMessage } from "./messages.js";

/** A writer that grew beyond this is not kept; the largest write set fits. */
const KEPT_BYTES_MAX = 256 * 1024;

// What is written is only looked at here, so that one buffer does for all comparisons. Away while
// it is in use: an encoder that throws leaves nothing behind for the next.
let idle: protobuf.Writer | undefined;

/** Whether the message is encoded as these bytes and no others. */
export function isEncoding(statics: StaticMessage, wire: object, bytes: Uint8Array): boolean {
  const writer = idle ?? protobuf.Writer.create();
  idle = undefined;
  statics.encode(wire, writer);
  const written = writer.finish(true);
  const equal = written.length === bytes.length && equalBytes(written, bytes);
  if (written.length <= KEPT_BYTES_MAX) {
    writer.reset();
    idle = writer;
  }
  return equal;
}
