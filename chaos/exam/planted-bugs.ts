import { QuorateError } from "../../base/quorate-error.ts";
import type { PlantedBug } from "./planted-bug.ts";

/**
 * The exam of the experiments: what each of these does to a build must be seen on real processes,
 * by the experiment and the verdict that stand here. A new one needs both before it is tried.
 */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "acknowledge-before-flush",
    what: "promises count as durable while their flush is still under way",
    file: "node/promises/promise-log.ts",
    find: "await this.#active.file.sync();",
    replace: "this.#active.file.sync().catch(() => undefined);",
    experiment: "power-cut-hung-flush",
    verdict: "no acknowledged write is lost",
  },
  {
    name: "skip-the-re-hash",
    what: "a stored value is handed out without computing its digest anew",
    file: "node/store/value-log.ts",
    find: "return equalBytes(nodeCrypto.hash(value), digest) ? value : undefined;",
    replace: "return value;",
    experiment: "bit-rot",
    verdict: "no honest replica hands out damaged bytes",
  },
  {
    name: "accept-any-epoch",
    what: "keys of an epoch that is over prove what was said after its end",
    file: "consensus/epochs/epochs.ts",
    find: "return statement !== undefined && isWithinEpoch(statement, (of) => this.endOf(of))",
    replace: "return statement !== undefined",
    experiment: "retired-keys",
    verdict: "every key is linearizable, every session goes forward",
  },
  {
    name: "no-signer-deduplication",
    what: "one signer counts as often as a certificate names him",
    file: "consensus/statement-certificate.ts",
    find: "if (author <= previous || author >= committee.members.length) return undefined;",
    replace: "if (author >= committee.members.length) return undefined;",
    experiment: "one-signer",
    verdict: "every key is linearizable, every session goes forward",
  },
  {
    name: "journal-not-replayed",
    what: "a restarted replica does not take up the batches of its promise log",
    file: "consensus/replica/restoring.ts",
    find: "for (const record of records) this.#restoreInstance(record);",
    replace: "",
    experiment: "all-killed",
    verdict: "no acknowledged write is lost",
  },
];

/** @throws QuorateError MUTANT_UNKNOWN */
export function plantedBugCalled(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((one) => one.name === name);
  if (bug !== undefined) return bug;
  throw new QuorateError(
    "MUTANT_UNKNOWN",
    `no planted bug is called ${name}`,
    `one of: ${PLANTED_BUGS.map((one) => one.name).join(", ")}`,
  );
}
