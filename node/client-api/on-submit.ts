import type { Hash } from "../../base/types.ts";
import { REFUSAL_NOT_ENROLLED, REFUSAL_OVERLOADED } from "../../consensus/execution/outcomes.ts";
import { writeSetDigest } from "../../consensus/hashing.ts";
import { Refusal } from "../../consensus/refusal.ts";
import { submitCodec } from "../../consensus/wire/connection.ts";
import type { Submit } from "../../consensus/wire/connection.ts";
import { writeSetCodec } from "../../consensus/wire/write-set.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

/**
 * A write set. One beyond the client's budget is refused unseen, and may be sent again. Its signature is checked here, on the client's budget; then it is handed to
 * agreement, and its values are asked for when they do not ride inside.
 */
export function onSubmit(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const { figures, verifier, submits, desk } = services;
  const submit = submitCodec.tryDecode(body);
  if (submit === undefined) {
    client.cut("submit-malformed");
    return;
  }
  if (!client.takeVerification(services.monotonicMs())) {
    figures.drops.add("submit-over-budget");
    // Not looked at: the digest is only what this client calls it, and goes back to it alone.
    const digest = client.takeRefusal(services.monotonicMs()) && digestOf(services, submit);
    if (digest) submits.answerOverloaded(client, digest);
    return;
  }
  const writeSet = verifier.writeSet(submit.writeSet);
  if (writeSet instanceof Refusal) {
    figures.drops.add(`submit: ${writeSet.why}`);
    client.cut("write-set-refused");
    return;
  }
  const standing = submits.enter(client, writeSet);
  if (standing === "refused") return;
  if (writeSet.inline) {
    if (standing === "new") services.input({ type: "write-set", writeSet, origin: "client" });
    return;
  }
  if (!submits.isOpen(writeSet.digest)) return;
  if (!services.isEnrolled(writeSet.header)) {
    submits.refuse(writeSet.digest, REFUSAL_NOT_ENROLLED);
    return;
  }
  if (standing === "new") services.input({ type: "write-set", writeSet, origin: "client" });
  const wanted = desk.open(writeSet);
  if (wanted === undefined) submits.refuse(writeSet.digest, REFUSAL_OVERLOADED);
  else if (wanted.length > 0) submits.wants(client, writeSet.digest, wanted);
}

function digestOf({ hash }: ClientServices, { writeSet }: Submit): Hash | undefined {
  const set = writeSetCodec.tryDecode(writeSet);
  return set && writeSetDigest(hash, set.header);
}
