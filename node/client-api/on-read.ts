import { EMPTY_BYTES } from "../../base/bytes.ts";
import { SMALL_VALUE_BYTES_MAX } from "../../consensus/limits.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import {
  READ_ANSWERED,
  READ_BELOW_FLOOR,
  READ_NOT_SERVING,
  readAnswerCodec,
  readCodec,
} from "../../consensus/wire/connection.ts";
import type { Read, ReadAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../consensus/wire/rows.ts";
import type { CertifiedRoot } from "../host/certified-roots.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

/** One entry, or its absence, under the newest certified root. */
export function onRead(services: ClientServices, client: ClientConnection, body: Uint8Array): void {
  const read = readCodec.tryDecode(body);
  if (read === undefined) {
    client.cut("read-malformed");
    return;
  }
  const answer = answerRead(services, read);
  services.figures.reads.add(STATUS_NAMES[answer.status] ?? "unknown");
  client.send(FRAME.readAnswer, readAnswerCodec.encode(answer));
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  [READ_ANSWERED]: "answered",
  [READ_BELOW_FLOOR]: "below-floor",
  [READ_NOT_SERVING]: "not-serving",
};

function answerRead(services: ClientServices, read: Read): ReadAnswer {
  const root = services.roots.newest;
  if (root === undefined) return refusal(read.id, READ_NOT_SERVING);
  if (root.statement.sequence < read.floorSequence) return refusal(read.id, READ_BELOW_FLOOR);
  const { sequence } = root.statement;
  const key = entryStateKey(services.hash, read.namespace, read.key);
  const proof = services.state.proofAt(sequence, key);
  const row = services.state.rowAt(sequence, key) ?? EMPTY_BYTES;
  if (proof === undefined) return refusal(read.id, READ_NOT_SERVING);
  const value = read.wantValue && row.length > 0 ? smallValue(services, row) : undefined;
  return {
    id: read.id,
    status: READ_ANSWERED,
    sequence,
    row,
    proof,
    certificate: certificateUnlessKnown(root, read),
    value: value ?? EMPTY_BYTES,
    hasValue: value !== undefined,
  };
}

function certificateUnlessKnown(root: CertifiedRoot, read: Read): ReadAnswer["certificate"] {
  return root.statement.sequence === read.knownSequence ? undefined : root.certificate;
}

/** Undefined: none, too large to ride along, or not here. */
export function smallValue(services: ClientServices, row: Uint8Array): Uint8Array | undefined {
  const entry = entryRowCodec.decode(row);
  if (entry.state !== ENTRY_CONFIRMED || entry.size > SMALL_VALUE_BYTES_MAX) return undefined;
  return services.smallValue(entry.valueDigest);
}

function refusal(id: number, status: number): ReadAnswer {
  return {
    id,
    status,
    sequence: 0 as ReadAnswer["sequence"],
    row: EMPTY_BYTES,
    proof: undefined,
    certificate: undefined,
    value: EMPTY_BYTES,
    hasValue: false,
  };
}
