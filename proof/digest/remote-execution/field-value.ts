import { fromUtf8 } from "../../../base/bytes.ts";
import { MalformedMessage } from "./protobuf-field.ts";

/** @throws MalformedMessage where a field that must have bytes is a number */
export function need(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new MalformedMessage("a field is of another type");
  return bytes;
}

/** @throws MalformedMessage where it is no UTF-8, too */
export function text(bytes: Uint8Array | undefined): string {
  const found = fromUtf8(need(bytes));
  if (found === undefined) throw new MalformedMessage("a text is no UTF-8");
  return found;
}
