import type { Sequence } from "../../base/types.ts";
import { policyAnswerCodec, policyRequestCodec } from "../../consensus/wire/connection.ts";
import type { PolicyAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { POLICY_ANSWER_BYTES_MAX } from "../limits.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

/** Who may write where and what confirms an entry: all of it, under the newest certified root. */
export function onPolicy(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const request = policyRequestCodec.tryDecode(body);
  if (request === undefined) {
    client.cut("policy-malformed");
    return;
  }
  services.figures.reads.add("policy");
  client.send(FRAME.policyAnswer, policyAnswerCodec.encode(answerPolicy(services, request.id)));
}

function answerPolicy(services: ClientServices, id: number): PolicyAnswer {
  const root = services.roots.newest;
  const policy = root === undefined ? undefined : services.state.policyAt(root.statement.sequence);
  const bytes = policy?.rows.reduce((sum, row) => sum + row.length, 0) ?? 0;
  if (root === undefined || policy === undefined || bytes > POLICY_ANSWER_BYTES_MAX) {
    const sequence = 0 as Sequence;
    return { id, sequence, rows: [], proof: undefined, certificate: undefined };
  }
  return { id, sequence: root.statement.sequence, ...policy, certificate: root.certificate };
}
