import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityOf, isAlive } from "../../cluster/launcher/process-identity.ts";
import type { ProcessIdentity } from "../../cluster/launcher/process-identity.ts";

/** One thing that a run made outside of itself, and that somebody must remove. */
export type LedgerEntry =
  | { readonly type: "owner"; readonly identity: ProcessIdentity }
  | { readonly type: "process"; readonly identity: ProcessIdentity }
  | { readonly type: "mount"; readonly path: string }
  | { readonly type: "cgroup"; readonly path: string }
  | { readonly type: "namespace"; readonly name: string };

/** Everything of every run lies below: whatever is elsewhere is not ours to remove. */
const PARENT = "quorate-chaos";
const FILE = "ledger.jsonl";

/**
 * What a run makes is written down before it is made, so that it is found and removed however the
 * run ended. The run itself cleans up by the same list.
 */
export class Ledger {
  /** Scratch space of this run. */
  readonly folder: string;
  /** Names of what cannot lie in the folder begin with it. */
  readonly id: string;

  private constructor(folder: string, id: string) {
    this.folder = folder;
    this.id = id;
  }

  static open(parent: string = ledgerParent()): Ledger {
    const id = randomBytes(4).toString("hex");
    const folder = join(parent, id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ledger = new Ledger(folder, id);
    const identity = identityOf(process.pid);
    if (identity !== undefined) ledger.note({ type: "owner", identity });
    return ledger;
  }

  note(entry: LedgerEntry): void {
    appendFileSync(join(this.folder, FILE), `${JSON.stringify(entry)}\n`);
  }

  noteProcess(pid: number | undefined): void {
    const identity = pid === undefined ? undefined : identityOf(pid);
    if (identity !== undefined) this.note({ type: "process", identity });
  }
}

export function ledgerParent(): string {
  return join(tmpdir(), PARENT);
}

/** Folders of runs whose process is gone. */
export function abandonedLedgers(parent: string = ledgerParent()): readonly string[] {
  if (!existsSync(parent)) return [];
  const folders = readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(parent, name));
  return folders.filter((folder) => {
    const owner = readLedger(folder).find((entry) => entry.type === "owner");
    return owner === undefined || !isAlive(owner.identity);
  });
}

/** A torn last line tells nothing: what it would have named was not made yet. */
export function readLedger(folder: string): readonly LedgerEntry[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as LedgerEntry];
      } catch {
        return [];
      }
    });
}
