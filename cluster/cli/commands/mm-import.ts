import { Command } from "commander";
import { basename } from "node:path";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Imported, ImportProgress } from "../../../client/proofs/metamath/import-database.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK, EXIT_UNKNOWN } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck } from "../metamath-lines.ts";
import {
  finished,
  folderOption,
  keyOption,
  proofNamespaceOption,
  timeoutOption,
} from "../options.ts";
import { trustLine } from "../proof-trust.ts";
import type { ProofTrust } from "../proof-trust.ts";
import { progressBar } from "../progress-bar.ts";
import type { Terminal } from "../terminal.ts";

interface ImportCommandOptions extends FolderOptions {
  readonly namespace: string;
  readonly name?: string;
}

export function mmImportCommand(frame: Frame): Command {
  return finished(
    new Command("import")
      .description(
        "check a Metamath database and publish every theorem in it; run again, it goes on",
      )
      .argument("<file>", "the database, a .mm file")
      .addOption(folderOption())
      .addOption(proofNamespaceOption())
      .option("--name <name>", "what the database is called there; its file's name without")
      .addOption(keyOption("writer"))
      .addOption(timeoutOption())
      .action(async (file: string, options: ImportCommandOptions) => {
        frame.exitCode = await importFile(frame, file, options);
      }),
    ["mm import ql.mm", "mm import set.mm --name set-2021 --namespace proofs"],
  );
}

async function importFile(
  { terminal }: Frame,
  file: string,
  options: ImportCommandOptions,
): Promise<number> {
  const { withClient } = await import("../connect-folder.ts");
  const { importDatabase } = await import("../../../client/proofs/metamath/import-database.ts");
  const { DatabaseRefused } = await import("../../../client/proofs/metamath/read-pages.ts");
  const { readDatabaseFile } = await import("../../../client/proof/verify-metamath.ts");
  const { untilInterrupted } = await import("../until-interrupted.ts");
  const name = options.name ?? basename(file, ".mm");
  const { namespace } = options;
  const source = await readDatabaseFile(file);
  if (source === undefined) throw tooLarge(file);
  const size = source.length;
  const interrupt = untilInterrupted();
  let last: ImportProgress | undefined;
  const onProgress = (progress: ImportProgress): void => {
    last = progress;
    showProgress(terminal, progress, size);
  };
  try {
    const imported = await withClient(options, "writer", (client) =>
      importDatabase(client, source, { namespace, name, onProgress, signal: interrupt.signal }),
    );
    terminal.result({ ...imported, name, namespace, ...TRUST }, importedLines(name, imported));
    return EXIT_OK;
  } catch (error) {
    if (error instanceof DatabaseRefused) {
      const { refused, label } = error;
      const where = label === undefined ? file : `${label} in ${file}`;
      terminal.result({ ...refused, label }, [
        `${refused.status} ${refused.reason} in ${where} (offset ${refused.offset})`,
      ]);
      return exitCodeOfCheck(refused);
    }
    if (!interrupt.signal.aborted) throw error;
    const { done = 0, total = 0 } = last ?? {};
    terminal.result({ interrupted: true, done, total, name, namespace }, [
      `interrupted: ${done} of ${total} statements are there; the same command goes on`,
    ]);
    return EXIT_UNKNOWN;
  } finally {
    interrupt.end();
  }
}

function tooLarge(file: string): QuorateError {
  return new QuorateError(
    "FILE_UNREADABLE",
    `${file} is larger than any database that is checked`,
    "import its parts",
  );
}

function showProgress(terminal: Terminal, progress: ImportProgress, size: number): void {
  const { checkedBytes, done, total } = progress;
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  if (total > 0) terminal.showLive(progressBar("publishing", done, total, "statements"));
  else {
    const of = [megabytes(checkedBytes), megabytes(size)] as const;
    terminal.showLive(progressBar("checking", ...of, "MB"));
  }
}

/** As it now stands in the cluster, for everybody. */
const TRUST: ProofTrust = {
  grade: "checked",
  confidence: 0.99,
  provenance: "this writer; every proof checked here and by a quorum",
};

function importedLines(name: string, imported: Imported): readonly string[] {
  const { statements, published, held, repeated } = imported;
  return [
    `${name}: ${statements} statements; ${published} published, ${held} were there, ${repeated} repeat others`,
    trustLine(TRUST),
  ];
}
