import { readFileSync } from "node:fs";
import { readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import { PROOFS_NAMESPACE } from "../../client/proofs/cluster-source.ts";
import { CnfQuestion } from "../../client/resolve/cnf/cnf-question.ts";
import { openResolver } from "../../client/resolve/open-resolver.ts";
import { resolveSetup } from "../../client/resolve/resolve-setup.ts";
import type { StepReport } from "../../client/resolve/resolution.ts";
import type { Client } from "../../client/types.ts";
import { stepLines, trustOf } from "../cli/resolve-lines.ts";
import type { SatAnswer, SatProver, SatQuestion } from "./sat-prover.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Answers out of the pipeline. QUORATE_CLUSTER names a cluster's public file, QUORATE_KEY the key
 * that publishes; the rest is as everywhere (resolve-setup.ts).
 */
export function pipelineProver(environment: Environment = process.env): SatProver {
  return async (question, words, tell) => {
    const explain = tell && ((step: StepReport) => stepLines(step).forEach(tell));
    const read = CnfQuestion.read(question.formulaFile);
    if (read.status === "resource") return { verdict: "unknown" };
    if (read.status !== "accept") {
      return { verdict: "refused", reason: read.reason, offset: read.offset };
    }
    const setup = resolveSetup(words, environment);
    const client = await connectedTo(environment);
    try {
      const opened = openResolver(setup, { client, namespace: PROOFS_NAMESPACE });
      const { signal } = question;
      const resolution = await opened.resolver.resolve(read.value.obligation, { signal, explain });
      if (resolution.status !== "proved") return { verdict: "unknown" };
      const answer = answerOf(read.value, resolution.proof, question);
      await resolution.published;
      return { ...answer, trust: trustOf(resolution) };
    } finally {
      await client?.close();
    }
  };
}

function answerOf(
  formula: CnfQuestion,
  proof: Parameters<CnfQuestion["modelOf"]>[0],
  { proofFile, proofForm }: SatQuestion,
): Extract<SatAnswer, { verdict: "sat" | "unsat" }> {
  if (proof.verdict === "sat") return { verdict: "sat", model: formula.modelOf(proof) };
  if (proofFile !== undefined && proofForm !== "stored") {
    formula.writeRefutation(proof, proofFile, proofForm);
  }
  return { verdict: "unsat" };
}

async function connectedTo(environment: Environment): Promise<Client | undefined> {
  const { QUORATE_CLUSTER: file, QUORATE_KEY: key } = environment;
  if (file === undefined || file === "") return undefined;
  const signer = key === undefined || key === "" ? undefined : readKeyFile(key);
  return connect({ genesis: readFileSync(file, "utf8"), signer, lazy: true });
}
