import { toHex } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { checkClaim } from "../../../proof/admission/claim-check.ts";
import { ClosureTable } from "../../../proof/admission/closure-table.ts";
import { beyondClosure, citedKeys } from "../../../proof/admission/closures.ts";
import type { Citable } from "../../../proof/admission/closures.ts";
import type { SetProof } from "../../../proof/admission/proof-set.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { writeDatabase } from "../../../proof/metamath/database-writer.ts";
import type { Page } from "../../../proof/metamath/database-writer.ts";
import { DATABASE_BUDGET } from "../../../proof/metamath/metamath-1.ts";
import { isAxiomPayload } from "../../../proof/metamath/payload.ts";
import type { Client } from "../../types.ts";
import { clusterSource } from "../cluster-source.ts";
import { LOOKUPS_AT_ONCE } from "../limits.ts";
import { readSet } from "../statements.ts";
import type { ReadSet } from "../statements.ts";
import { decodeManifest, manifestName } from "./manifest.ts";
import type { Labelled } from "./manifest.ts";

export interface ExportOptions {
  readonly namespace: string;
  readonly name: string;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Exported {
  readonly text: string;
  readonly theorems: number;
  readonly axioms: number;
  /** Labels of what another label says already: they are left out. */
  readonly repeated: number;
}

/**
 * The database of this name, out of the cluster, every proof in it checked here on the way: what is
 * cited comes first, so each rests on what was checked before it.
 * @throws QuorateError DATABASE_UNKNOWN, DATABASE_INCOMPLETE, and as `get`
 */
export async function exportDatabase(client: Client, options: ExportOptions): Promise<Exported> {
  const { namespace, name, onProgress, signal } = options;
  const read = await client.get(namespace, manifestName(name), { signal });
  const labelled =
    read.status === "hit" ? decodeManifest(await read.value.read({ signal })) : undefined;
  if (labelled === undefined) throw unknownDatabase(namespace, name);
  const source = clusterSource(client, namespace);
  const pages = new CheckedPages();
  for (let from = 0; from < labelled.length; from += LOOKUPS_AT_ONCE) {
    signal?.throwIfAborted();
    const some = labelled.slice(from, from + LOOKUPS_AT_ONCE);
    const found = await Promise.all(
      some.map(async ({ key }) => {
        if (pages.has(key)) return undefined;
        const set = await source.find(METAMATH_1, key, { signal });
        return set && readSet(pages.table, METAMATH_1, key, set);
      }),
    );
    for (const [index, set] of found.entries()) pages.add(some[index]!, set);
    onProgress(Math.min(labelled.length, from + LOOKUPS_AT_ONCE), labelled.length);
  }
  pages.finish();
  const written = writeDatabase(pages.pages, DATABASE_BUDGET);
  if (written.status !== "accept") throw incomplete(name, `${written.status} ${written.reason}`);
  const axioms = pages.pages.filter(({ proof }) => proof === undefined).length;
  return {
    text: written.value,
    theorems: pages.pages.length - axioms,
    axioms,
    repeated: labelled.length - pages.pages.length,
  };
}

interface Waiting extends Labelled {
  readonly read: ReadSet;
}

/** Why a proof does not do: for ever, or until something that it cites has come. */
type Fault = string | { readonly missing: Hash };

class CheckedPages {
  readonly pages: Page[] = [];
  readonly table = new ClosureTable();
  readonly #checked = new Map<string, Citable>();
  /** By what they cite and has not come yet. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Whose further proofs cite what had not come yet. */
  readonly #several = new Map<string, ReadSet>();

  has(key: Hash): boolean {
    return this.#checked.has(toHex(key));
  }

  add({ label, key }: Labelled, read: ReadSet | undefined): void {
    if (this.has(key)) {
      const several = this.#several.get(toHex(key));
      // The same statement again, from other axioms: what those cite has come by now.
      if (several !== undefined) this.#addFurther(several);
      return;
    }
    if (read === undefined) throw incomplete(label, "its entry is not to be had");
    const due: Waiting[] = [{ label, key, read }];
    for (let one = due.pop(); one !== undefined; one = due.pop()) {
      if (this.has(one.key) || !this.#place(one)) continue;
      due.push(...(this.#waiting.get(toHex(one.key)) ?? []));
      this.#waiting.delete(toHex(one.key));
    }
  }

  /** @throws QuorateError DATABASE_INCOMPLETE: something is cited that the list does not have */
  finish(): void {
    for (const [cited, waiting] of this.#waiting) {
      const one = waiting.find(({ key }) => !this.has(key));
      if (one !== undefined) throw incomplete(one.label, `it cites ${cited}, which is not there`);
    }
  }

  /**
   * False: what it cites has not come yet. A theorem that is stated twice may have been left with
   * the later proof alone, when that rests on less.
   */
  #place({ label, key, read }: Waiting): boolean {
    const { kind, proofs } = read.set;
    const { payload } = read.citable;
    if (isAxiomPayload(payload)) {
      const result = checkClaim(nodeCrypto.hash, { kind, payload, cited: [] }, undefined);
      if (result.status !== "accept") throw incomplete(label, result.reason);
      this.#keep({ label, key, payload, proof: undefined }, [key]);
      return true;
    }
    const faults: string[] = [];
    const missing: Hash[] = [];
    for (const proof of proofs) {
      const fault = this.#faultOf(payload, proof);
      if (fault === undefined) {
        // Its own bytes alone: a view would hold all of the set.
        this.#keep({ label, key, payload, proof: proof.proof.slice() }, proof.axioms);
        if (proofs.length === 1) return true;
        this.#several.set(toHex(key), read);
        this.#addFurther(read);
        return true;
      }
      if (typeof fault === "string") faults.push(fault);
      else missing.push(fault.missing);
    }
    if (missing.length === 0) throw incomplete(label, faults.join("; ") || "it has no proof");
    for (const cited of missing) {
      const waiting = this.#waiting.get(toHex(cited)) ?? [];
      this.#waiting.set(toHex(cited), [...waiting, { label, key, read }]);
    }
    return false;
  }

  #addFurther({ set, citable: { key, payload } }: ReadSet): void {
    const held = set.proofs.filter((proof) => this.#faultOf(payload, proof) === undefined);
    const closures = held.map(({ axioms }) => this.table.of(axioms));
    this.#checked.set(toHex(key), { key, payload, closures });
  }

  /** Undefined: it holds, and rests on nothing but what was checked before it. */
  #faultOf(payload: Uint8Array, { proof, axioms }: SetProof): Fault | undefined {
    const keys = citedKeys(METAMATH_1, proof);
    if (keys.status !== "accept") return keys.reason;
    const cited: Citable[] = [];
    for (const key of keys.value) {
      const one = this.#checked.get(toHex(key));
      if (one === undefined) return { missing: key };
      cited.push(one);
    }
    if (beyondClosure(this.table, this.table.of(axioms), cited) !== undefined) {
      return "it does not name all its axioms";
    }
    const claim = { kind: METAMATH_1, payload, cited: cited.map((one) => one.payload) };
    const result = checkClaim(nodeCrypto.hash, claim, proof);
    return result.status === "accept" ? undefined : `${result.status} ${result.reason}`;
  }

  #keep(page: Page, axioms: readonly Hash[]): void {
    this.pages.push(page);
    const { key, payload } = page;
    this.#checked.set(toHex(key), { key, payload, closures: [this.table.of(axioms)] });
  }
}

function unknownDatabase(namespace: string, name: string): QuorateError {
  return new QuorateError(
    "DATABASE_UNKNOWN",
    `no database "${name}" was imported into ${namespace}`,
    "name one that `quorate mm import` has brought to its end",
  );
}

function incomplete(what: string, why: string): QuorateError {
  return new QuorateError(
    "DATABASE_INCOMPLETE",
    `${what} cannot be written: ${why}`,
    "import the database again: what is missing is published anew",
  );
}
