import { equalBytes, toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import { ClosureTable } from "../../proof/admission/closure-table.ts";
import type { Closure } from "../../proof/admission/closure-table.ts";
import { beyondClosure, citedKeys } from "../../proof/admission/closures.ts";
import type { SetProof } from "../../proof/admission/proof-set.ts";
import { MODEL } from "../../proof/cnf/proof-bytes.ts";
import { CNF_1_ID } from "../../proof/cnf/cnf-1.ts";
import type { Acceptance } from "../../proof/frame/check-result.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { isAxiomPayload } from "../../proof/metamath/payload.ts";
import { runKernel } from "./kernel.ts";
import { DEPTH_MAX } from "./limits.ts";
import type { FoundProof, ProofAnswer, ProofQuery, ProofTrust } from "./proof-answer.ts";
import type { ProofSource, SetQuery } from "./proof-source.ts";
import { Statements, readSet } from "./statements.ts";
import type { KnownStatement, ReadSet } from "./statements.ts";

const CHECKED_HERE = 1;
const CHECKED_QUORUM = 0.99;

const NONE_PERMITTED = "no proof from the permitted axioms";
const NOT_PERMITTED = "an axiom that is not permitted";

interface Asked extends SetQuery {
  /** What this very proof may rest on, in the lookup's own numbers: the theory, or less. */
  readonly permitted: Closure | undefined;
  readonly isDeep: boolean;
}

/**
 * Asks sources in their order and hands out what this machine's kernel accepts for exactly the
 * obligation that was asked, under the asker's own theory. What a source claimed wrongly is counted
 * against it, and the next one is asked.
 */
export class ProofLookup {
  readonly #sources: readonly ProofSource[];
  readonly #statements = new Statements();
  readonly #table = new ClosureTable();
  /** By source and reason: "network axioms-not-declared". */
  readonly refused = new Map<string, number>();
  /** Proofs that the kernel has run on. */
  checked = 0;

  constructor(sources: readonly ProofSource[]) {
    this.#sources = sources;
  }

  /** Never throws for what a source says or lacks; only for the caller's signal. */
  async find(obligation: Obligation, query: ProofQuery = {}): Promise<ProofAnswer> {
    const { theory, depth, signal, deadlineMs } = query;
    const permitted = theory && this.#table.of(theory.axioms);
    const asked = { theory, permitted, isDeep: depth === "deep", signal, deadlineMs };
    return this.#find(obligation, asked, new Set());
  }

  async #find(
    obligation: Obligation,
    query: Asked,
    above: ReadonlySet<string>,
  ): Promise<ProofAnswer> {
    const key = keyOfObligation(nodeCrypto.hash, obligation);
    const reasons: string[] = [];
    for (const source of this.#sources) {
      query.signal?.throwIfAborted();
      const answer = await this.#ask(source, obligation, key, query, above);
      if (typeof answer !== "string") return answer;
      reasons.push(`${source.name}: ${answer}`);
    }
    return { status: "none", reason: reasons.join("; ") };
  }

  /** A text: why there is none from there. */
  async #ask(
    source: ProofSource,
    obligation: Obligation,
    key: Hash,
    query: Asked,
    above: ReadonlySet<string>,
  ): Promise<FoundProof | string> {
    const { kind, payload } = obligation;
    let found;
    try {
      found = await source.find(kind, key, query);
    } catch (error) {
      query.signal?.throwIfAborted();
      return error instanceof Error ? error.message : String(error);
    }
    if (found === undefined) return "nothing";
    const read = readSet(this.#table, kind, key, found);
    // Bytes are compared, not hashes.
    if (read === undefined || !equalBytes(read.set.payload, payload)) {
      return this.#refuse(source, "other-obligation");
    }
    if (kind !== CNF_1_ID && isAxiomPayload(payload)) {
      if (read.set.isPart) return NOT_PERMITTED;
      return this.#judge(source, read, undefined, query, above);
    }
    let why = read.set.isPart ? NONE_PERMITTED : "no proof";
    for (const proof of read.set.proofs) {
      if (!this.#permits(query, this.#table.of(proof.axioms))) {
        why = NONE_PERMITTED;
        continue;
      }
      const answer = await this.#judge(source, read, proof, query, above);
      if (typeof answer !== "string") return answer;
      why = answer;
    }
    return why;
  }

  async #judge(
    source: ProofSource,
    read: ReadSet,
    proof: SetProof | undefined,
    query: Asked,
    above: ReadonlySet<string>,
  ): Promise<FoundProof | string> {
    const { kind, payload } = read.set;
    const { key } = read.citable;
    if (above.size >= DEPTH_MAX || above.has(toHex(key))) return this.#refuse(source, "cyclic");
    const axioms = proof?.axioms ?? [key];
    const declared = this.#table.of(axioms);
    if (!this.#permits(query, declared)) return NOT_PERMITTED;
    const keys = proof === undefined ? [] : this.#keysOf(kind, proof);
    if (keys === undefined) return this.#refuse(source, "malformed");
    const within = new Set(above).add(toHex(key));
    // What a proof names is all that anything below it may rest on.
    const below = { ...query, permitted: declared };
    const cited: KnownStatement[] = [];
    for (const one of keys) {
      const statement = await this.#statementOf(kind, one, below, within);
      if (statement === undefined) return `what it cites is not to be had: ${toHex(one)}`;
      cited.push(statement);
    }
    const citable = cited.map((one) => one.citable);
    if (beyondClosure(this.#table, declared, citable) !== undefined) {
      return this.#refuse(source, "axioms-not-declared");
    }
    const payloads = citable.map((one) => one.payload);
    this.checked++;
    const result = await runKernel({ kind, payload, cited: payloads }, proof?.proof, query.signal);
    if (result.status !== "accept")
      return this.#refuse(source, `${result.status} ${result.reason}`);
    const trust = trustOf(cited);
    const { certified } = read.found;
    const checkedHere = trust.dependencies !== "checked-quorum";
    if (checkedHere || certified === undefined) {
      // Of this proof alone: others of the set were not looked at.
      const own = { ...read.citable, closures: [declared] };
      this.#statements.add(key, { citable: own, checkedHere, certified: false });
    }
    return foundProof(read, proof, { source, trust, axioms, payloads, acceptance: result.value });
  }

  #keysOf(kind: string, { proof }: SetProof): readonly Hash[] | undefined {
    const result = citedKeys(kind, proof);
    return result.status === "accept" ? result.value : undefined;
  }

  /** What is cited: any proof of it will do as far as it rests on what the citing one names. */
  async #statementOf(
    kind: string,
    key: Hash,
    query: Asked,
    within: ReadonlySet<string>,
  ): Promise<KnownStatement | undefined> {
    const { isDeep } = query;
    const known = this.#statements.get(key);
    const holds = known?.citable.closures.some((closure) => this.#permits(query, closure)) === true;
    if (known !== undefined && (known.checkedHere || !isDeep) && holds) return known;
    for (const source of this.#sources) {
      const found = await source.find(kind, key, query).catch(() => undefined);
      query.signal?.throwIfAborted();
      const read = found && readSet(this.#table, kind, key, found);
      if (found === undefined || read === undefined) continue;
      if (!isDeep && found.certified !== undefined) {
        const statement = { citable: read.citable, checkedHere: false, certified: true };
        this.#statements.add(key, statement);
        return statement;
      }
      const answer = await this.#find({ kind, payload: read.set.payload }, query, within);
      if (answer.status === "found") return this.#statements.get(key);
    }
    return known;
  }

  #permits({ permitted }: Asked, closure: Closure): boolean {
    return permitted === undefined || this.#table.isWithin(closure, permitted);
  }

  #refuse(source: ProofSource, reason: string): string {
    const name = `${source.name} ${reason}`;
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
    return `refused: ${reason}`;
  }
}

function trustOf(cited: readonly KnownStatement[]): ProofTrust {
  const grade = "checked-here";
  if (cited.length === 0) return { grade, dependencies: "none", confidence: CHECKED_HERE };
  const all = cited.every(({ checkedHere }) => checkedHere);
  return all
    ? { grade, dependencies: "checked-here", confidence: CHECKED_HERE }
    : { grade, dependencies: "checked-quorum", confidence: CHECKED_QUORUM };
}

function foundProof(
  read: ReadSet,
  proof: SetProof | undefined,
  by: {
    readonly source: ProofSource;
    readonly trust: ProofTrust;
    readonly axioms: readonly Hash[];
    readonly payloads: readonly Uint8Array[];
    readonly acceptance: Acceptance;
  },
): FoundProof {
  const { kind, payload } = read.set;
  const isSat = proof?.proof[0] === MODEL;
  return {
    status: "found",
    obligation: { kind, payload },
    key: read.citable.key,
    proof: proof?.proof,
    verdict: kind === CNF_1_ID ? (isSat ? "sat" : "unsat") : undefined,
    axioms: by.axioms,
    dependencies: by.acceptance.dependencies,
    cited: by.payloads,
    checker: admissionChecker(kind) ?? "",
    cost: by.acceptance.cost,
    trust: by.trust,
    source: by.source.name,
    certified: read.found.certified,
  };
}
