import { createHash } from "node:crypto";
import { toHex } from "../../base/bytes.ts";
import { invariant } from "../../base/assert.ts";
import type { Hash } from "../../base/types.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { verifyRenaming } from "../../proof/frame/renaming.ts";
import { judged } from "../../proof/frame/stop.ts";
import { canonicalCnf } from "../../proof/cnf/canonical/canonical-cnf.ts";
import { CNF_1_ID, CNF_BUDGET, cnf1 } from "../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../proof/cnf/dimacs/parse-dimacs.ts";
import { FORMULA_BYTES_MAX } from "./cnf-check-task.ts";
import type { CnfKeyReport, CnfTask } from "./cnf-report.ts";
import { readWhole } from "./read-in-pieces.ts";

const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

export function keyTask(task: Extract<CnfTask, { ask: "key" }>): CnfKeyReport {
  const meter = new Meter(CNF_BUDGET);
  const result = judged(() => {
    const { formula } = parseDimacs(readWhole(task.formulaFile, FORMULA_BYTES_MAX), meter);
    const canonical = canonicalCnf(formula, meter);
    invariant(
      verifyRenaming(canonical, (renaming) => cnf1.rename(formula, renaming)),
      "the renaming makes the canonical form",
    );
    return canonical;
  });
  const canonical = result.status === "accept" ? result.value : undefined;
  const payload = canonical?.payload;
  return {
    status: result.status,
    kind: CNF_1_ID,
    key:
      payload === undefined
        ? undefined
        : toHex(keyOfObligation(sha256, { kind: CNF_1_ID, payload })),
    strength: canonical?.strength,
    variables: canonical?.variableCount ?? 0,
    clauses: canonical === undefined ? 0 : canonical.clauses.starts.length - 1,
    refused: result.status === "accept" ? undefined : { ...result, file: task.formulaFile },
  };
}
