import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Hash } from "../../base/types.ts";
import { readInPieces } from "../../client/proof/read-in-pieces.ts";
import { canonicalCnf } from "../../proof/cnf/canonical/canonical-cnf.ts";
import { CNF_BUDGET, CnfCheck, cnf1 } from "../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../proof/cnf/dimacs/parse-dimacs.ts";
import { BinaryClausalReader } from "../../proof/cnf/elaborate/binary-clausal-reader.ts";
import { ClausalElaboration } from "../../proof/cnf/elaborate/clausal-elaboration.ts";
import { encodeModel, REFUTATION } from "../../proof/cnf/proof-bytes.ts";
import { solveCnf } from "../../proof/cnf/solver/cdcl-solver.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { verifyRenaming } from "../../proof/frame/renaming.ts";
import { judged } from "../../proof/frame/stop.ts";

/** One step of the cnf bench as a process of its own; says what user time and memory it took. */
const [step, formulaFile = "", ...files] = process.argv.slice(2);
const started = process.memoryUsage.rss();
const meter = new Meter({ ...CNF_BUDGET, liveBytesMax: 2 ** 30 });
const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

function elaborate([proof, out]: readonly string[]): void {
  const { formula, variables } = parseDimacs(readFileSync(formulaFile), meter);
  const canonical = canonicalCnf(formula, meter);
  const input = { canonical, variables, meter };
  const elaboration = new ClausalElaboration(input, new BinaryClausalReader("drat", meter));
  readInPieces(proof!, (piece) => elaboration.push(piece));
  const handle = openSync(out!, "w");
  writeSync(handle, Uint8Array.of(REFUTATION));
  elaboration.finish((chunk) => void writeSync(handle, chunk));
  closeSync(handle);
}

/** As a client does it: the formula's own canonical form, then the proof of whoever had it. */
function check([proof]: readonly string[]): void {
  const { formula } = parseDimacs(readFileSync(formulaFile), meter);
  const run = new CnfCheck(canonicalCnf(formula, meter).payload, CNF_BUDGET);
  readInPieces(proof!, (piece) => run.push(piece));
  run.finish();
}

/**
 * A hit of a formula that this process has not seen: key, renaming, and the check of what came. A
 * process that lives longer than one formula has its code compiled, so it is the second that counts.
 */
function canonical(): number {
  const text = readFileSync(formulaFile);
  const { formula } = parseDimacs(text, meter);
  const { payload, variableCount, clauses } = canonicalCnf(formula, meter);
  const cnf = { variableCount, ...clauses };
  const solution = solveCnf(cnf, { fuelMax: 1e10, sink: () => undefined }, meter);
  if (solution.verdict !== "sat") throw new Error("the formula was meant to have a model");
  const proof = encodeModel(solution.model);
  let used = process.cpuUsage();
  for (let round = 0; round < 2; round++) {
    used = process.cpuUsage();
    const again = parseDimacs(text, meter).formula;
    const form = canonicalCnf(again, meter);
    keyOfObligation(sha256, { kind: cnf1.id, payload: form.payload });
    if (!verifyRenaming(form, (renaming) => cnf1.rename(again, renaming))) throw new Error("wrong");
    const result = cnf1.check({ payload, proof, cited: () => undefined }, CNF_BUDGET);
    if (result.status !== "accept") throw new Error(result.reason);
  }
  return process.cpuUsage(used).user / 1e6;
}

const result = judged(() => {
  if (step === "elaborate") elaborate(files);
  else if (step === "check") check(files);
  else return canonical();
  return process.cpuUsage().user / 1e6;
});
if (result.status !== "accept") throw new Error(`${result.status} ${result.reason}`);
const peak = process.resourceUsage().maxRSS / 1024;
const megabytes = peak - started / 2 ** 20;
process.stdout.write(JSON.stringify({ seconds: result.value, megabytes }));
