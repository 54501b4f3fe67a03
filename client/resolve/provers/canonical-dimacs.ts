import { utf8 } from "../../../base/bytes.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import { judged } from "../../../proof/frame/stop.ts";
import { decodePayload } from "../../../proof/cnf/canonical/payload.ts";
import { CNF_BUDGET } from "../../../proof/cnf/cnf-1.ts";
import { signedOfLiteral } from "../../../proof/cnf/formula.ts";

/**
 * A canonical formula as text. Provers get this and never the asker's own: so one formula in many
 * disguises takes one prover one time, with one proof. Undefined: no canonical payload.
 */
export function canonicalDimacs(payload: Uint8Array): Uint8Array | undefined {
  const decoded = judged(() => decodePayload(payload, new Meter(CNF_BUDGET)));
  if (decoded.status !== "accept") return undefined;
  const { variableCount, literals, starts } = decoded.value;
  const lines = [`p cnf ${variableCount} ${starts.length - 1}`];
  for (let clause = 0; clause + 1 < starts.length; clause++) {
    const words: number[] = [];
    for (let at = starts[clause]!; at < starts[clause + 1]!; at++) {
      words.push(signedOfLiteral(literals[at]!));
    }
    lines.push([...words, 0].join(" "));
  }
  return utf8(`${lines.join("\n")}\n`);
}
