import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { connect } from "../../client/connect.ts";
import { CnfQuestion } from "../../client/resolve/cnf/cnf-question.ts";
import { explainMiss } from "../../client/resolve/explain-miss.ts";
import type { NearMiss } from "../../client/resolve/explain-miss.ts";
import { openResolver } from "../../client/resolve/open-resolver.ts";
import type { OpenedResolver } from "../../client/resolve/open-resolver.ts";
import type { PublishReport, Resolution } from "../../client/resolve/resolution.ts";
import { resolveSetup } from "../../client/resolve/resolve-setup.ts";
import type { Client } from "../../client/types.ts";
import type { Refused } from "../../proof/frame/check-result.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import { theoryOf } from "../../proof/metamath/database-theory.ts";
import { METAMATH_1, readDatabase } from "../../proof/metamath/database.ts";
import { DATABASE_BUDGET } from "../../proof/metamath/metamath-1.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { readGenesisFile } from "../read-genesis.ts";
import type { ResolveCommandOptions } from "./commands/resolve.ts";

export interface ResolvedFile {
  readonly resolution: Resolution;
  readonly published: readonly PublishReport[];
  readonly miss: NearMiss | undefined;
  /** Of a satisfiable formula, in its file's numbers. */
  readonly model: readonly number[] | undefined;
}

interface Question {
  readonly obligation: Obligation;
  readonly theory: Theory | undefined;
  readonly syntaxAxioms: readonly Uint8Array[] | undefined;
  readonly cnf: CnfQuestion | undefined;
}

const KNOWN_COMPARED_MAX = 256;

/** One run of `quorate resolve`. */
export async function resolveFile(
  file: string,
  options: ResolveCommandOptions,
): Promise<ResolvedFile | { readonly refused: Refused }> {
  const question = readQuestion(file, options.label);
  if ("status" in question) return { refused: question };
  const setup = resolveSetup({ ...options, workersS: options.wait });
  const client = await connected(options);
  try {
    const { namespace } = options;
    const { syntaxAxioms } = question;
    const opened = openResolver(setup, { client, namespace, syntaxAxioms });
    return await run(question, options, opened);
  } finally {
    await client?.close();
  }
}

async function run(
  { obligation, theory, cnf }: Question,
  options: ResolveCommandOptions,
  { resolver, folder, deferred }: OpenedResolver,
): Promise<ResolvedFile> {
  const policy = { theory, defer: options.defer };
  const resolution = await resolver.resolve(obligation, { policy });
  if (resolution.status !== "proved") {
    if (resolution.status === "deferred") await deferred(obligation);
    const known = folder.recent(KNOWN_COMPARED_MAX).map((record) => record.obligation);
    const miss = options.explainMiss === true ? explainMiss(obligation, known) : undefined;
    return { resolution, published: [], miss, model: undefined };
  }
  const { proof } = resolution;
  if (options.proof !== undefined && proof.verdict === "unsat") {
    cnf?.writeRefutation(proof, options.proof, options.form);
  }
  const model = proof.verdict === "sat" && cnf !== undefined ? [...cnf.modelOf(proof)] : undefined;
  return { resolution, published: await resolution.published, miss: undefined, model };
}

function readQuestion(file: string, label: string | undefined): Question | Refused {
  if (label !== undefined) return readTheorem(file, label);
  const read = CnfQuestion.read(file);
  if (read.status !== "accept") return read;
  const { obligation } = read.value;
  return { obligation, theory: undefined, syntaxAxioms: undefined, cnf: read.value };
}

/** The theorem's own proof is not looked at: it is the statement that is asked for. */
function readTheorem(file: string, label: string): Question | Refused {
  const { result } = readDatabase(readInput(file), DATABASE_BUDGET, { onRefused: () => undefined });
  if (result.status !== "accept") return result;
  const database = result.value;
  const theorem = database.find(label);
  if (theorem === undefined) {
    return { status: "reject", reason: "label-unknown", offset: 0, detail: label };
  }
  const axioms = [...database.assertions()].filter((one) => database.isAxiom(one));
  return {
    obligation: { kind: METAMATH_1, payload: database.payloadOf(theorem) },
    theory: theoryOf(nodeCrypto.hash, database),
    syntaxAxioms: axioms.map((axiom) => database.payloadOf(axiom)),
    cnf: undefined,
  };
}

function readInput(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new QuorateError(
      "FILE_UNREADABLE",
      `${file} could not be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      "check the name and your right to read it",
      { cause },
    );
  }
}

/** Without a cluster named, there is none; one that is named may be away. */
async function connected(options: ResolveCommandOptions): Promise<Client | undefined> {
  const { dir, cluster, key, timeout } = options;
  if (dir === undefined && cluster === undefined) return undefined;
  const folder = dir === undefined ? undefined : clusterFolder(dir);
  const keyFile = key ?? folder?.writerKey;
  return connect({
    genesis: readGenesisFile(cluster ?? folder!.clusterFile).text,
    signer: keyFile === undefined ? undefined : readKeyFile(keyFile),
    deadlineMs: timeout * 1000,
    lazy: true,
  });
}
