import { EMPTY_BYTES } from "../../base/bytes.ts";
import { HLC_ZERO } from "../../base/hlc.ts";
import { entryStateKey, metaStateKey } from "../../consensus/map/state-keys.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import {
  PAST_ANSWERED,
  PAST_NOT_SERVING,
  PAST_OUTSIDE,
  readPastAnswerCodec,
  readPastCodec,
} from "../../consensus/wire/past.ts";
import type { ReadPast, ReadPastAnswer } from "../../consensus/wire/past.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";
import { smallValue } from "./on-read.ts";

/** One entry, or the state itself, as of an earlier time. */
export function onReadPast(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const read = readPastCodec.tryDecode(body);
  if (read === undefined) {
    client.cut("read-malformed");
    return;
  }
  const answer = answerPast(services, read);
  services.figures.reads.add(answer.status === PAST_ANSWERED ? "past" : "past-refused");
  client.send(FRAME.readPastAnswer, readPastAnswerCodec.encode(answer));
}

function answerPast(services: ClientServices, read: ReadPast): ReadPastAnswer {
  const { past } = services.roots;
  const { oldest } = past;
  const nothing = { ...NOTHING, id: read.id, oldest: oldest ?? HLC_ZERO };
  if (oldest === undefined) return nothing;
  if (read.at < oldest) return { ...nothing, status: PAST_OUTSIDE };
  const found = past.at(read.at);
  if (found === undefined) return nothing;
  const { sequence } = found.root.statement;
  const { namespace } = read;
  const key = namespace === "" ? metaStateKey() : entryStateKey(services.hash, namespace, read.key);
  const proof = services.state.proofAt(sequence, key);
  if (proof === undefined) return nothing;
  const row = services.state.rowAt(sequence, key) ?? EMPTY_BYTES;
  const isEntry = namespace !== "" && row.length > 0;
  const value = read.wantValue && isEntry ? smallValue(services, row) : undefined;
  return {
    ...nothing,
    status: PAST_ANSWERED,
    row,
    proof,
    certificate: found.root.certificate,
    next: found.next?.certificate,
    value: value ?? EMPTY_BYTES,
    hasValue: value !== undefined,
  };
}

const NOTHING: Omit<ReadPastAnswer, "id" | "oldest"> = {
  status: PAST_NOT_SERVING,
  row: EMPTY_BYTES,
  proof: undefined,
  certificate: undefined,
  next: undefined,
  value: EMPTY_BYTES,
  hasValue: false,
};
