import type { Hash, Hlc } from "../../base/types.ts";
import { writeSetDigest } from "../../consensus/hashing.ts";
import { submitCodec } from "../../consensus/wire/connection.ts";
import { writeCodec, writeSetCodec, writeSetHeaderCodec } from "../../consensus/wire/write-set.ts";
import type { Write, WriteSetHeader } from "../../consensus/wire/write-set.ts";
import { writeInvalid } from "../errors.ts";

/** A signed set as it is sent: taken apart once, encoded once for every resend. */
export interface OutgoingSet {
  readonly digest: Hash;
  readonly header: Pick<WriteSetHeader, "writer" | "session" | "counter">;
  readonly writes: readonly Write[];
  readonly notAfter: Hlc;
  /** The `submit` frame's body. */
  readonly body: Uint8Array;
  readonly inline: boolean;
}

/** @throws QuorateError WRITE_INVALID when the bytes are no signed write set */
export function outgoingSet(hash: (bytes: Uint8Array) => Hash, bytes: Uint8Array): OutgoingSet {
  const wire = writeSetCodec.tryDecode(bytes);
  const header = wire && writeSetHeaderCodec.tryDecode(wire.header);
  if (wire === undefined || header === undefined) throw writeInvalid("this is no signed write set");
  const writes = wire.writes.map((write) => writeCodec.tryDecode(write));
  if (!writes.every((write) => write !== undefined)) throw writeInvalid("a write is malformed");
  return {
    digest: writeSetDigest(hash, wire.header),
    header,
    writes,
    notAfter: header.notAfter,
    body: submitCodec.encode({ writeSet: bytes }),
    inline: writes.every((write) => write.size === 0 || write.inline),
  };
}
