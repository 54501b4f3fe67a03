import { Command } from "commander";
import { fromHex, toHex } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { HASH_SIZE } from "../../../base/types.ts";
import type { Hash } from "../../../base/types.ts";
import type { Client, EntryKey } from "../../../client/types.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import {
  ADMINISTRATION_RESOLVE,
  ADMINISTRATION_WITHDRAW,
} from "../../../consensus/wire/write-set.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  keyArgument,
  namespaceArgument,
  timeoutOption,
} from "../options.ts";

interface ResolveOptions extends FolderOptions {
  readonly keep?: string;
  readonly drop?: boolean;
  readonly digest?: boolean;
}

/** Less than that could name an answer by accident. */
const PREFIX_LENGTH_MIN = 8;

export function disputesResolveCommand(frame: Frame): Command {
  return finished(
    new Command("resolve")
      .description("decide which answer is served, as an operator's ordered operation")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .option("--keep <digest>", "the answer's digest, or its first digits, as `disputes` shows it")
      .option("--drop", "serve none of them")
      .option("--digest", "the key is the 64 digits of an entry without a name")
      .addOption(folderOption())
      .addOption(keyOption("operator"))
      .addOption(timeoutOption())
      .action(async (namespace: string, key: string, options: ResolveOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        if ((options.keep === undefined) === (options.drop !== true)) {
          throw wrongUsage("say either --keep DIGEST or --drop", "`quorate disputes` shows them");
        }
        const place = options.digest === true ? keyDigestOf(key) : key;
        const kept = await withClient(options, "operator", (client) =>
          resolve(client, namespace, place, options.keep),
        );
        const now = kept === null ? "withdrawn" : `${kept.slice(0, 16)} is served`;
        frame.terminal.result({ namespace, key, kept }, [`${namespace}/${key}: ${now}`]);
        frame.exitCode = EXIT_OK;
      }),
    ["disputes resolve main libfoo.o --keep 9f86d081", "disputes resolve main libfoo.o --drop"],
  );
}

/** Answers the digest that is served from now on. */
async function resolve(
  client: Client,
  namespace: string,
  place: EntryKey,
  keep: string | undefined,
): Promise<string | null> {
  const found = await client.stat(namespace, place);
  const row = found.status === "hit" ? found.entry : found.row;
  if (row === undefined) {
    throw wrongUsage("there is no such entry", "`quorate disputes --all` lists them");
  }
  const { key } = row;
  if (keep === undefined) {
    await client.administer(namespace, { action: ADMINISTRATION_WITHDRAW, key });
    return null;
  }
  const semanticDigest = answerOf(row, keep);
  await client.administer(namespace, { action: ADMINISTRATION_RESOLVE, key, semanticDigest });
  return toHex(semanticDigest);
}

function answerOf(row: EntryRow, text: string): Hash {
  const digests = new Map(row.votes.map((vote) => [toHex(vote.semanticDigest), vote]));
  const fitting = [...digests].filter(([digest]) => digest.startsWith(text));
  const [only] = fitting;
  if (text.length < PREFIX_LENGTH_MIN || only === undefined || fitting.length > 1) {
    const shown = [...digests.keys()].map((digest) => digest.slice(0, 16)).join(", ");
    throw wrongUsage(`"${text}" names none, or not one, of the answers`, `they are ${shown}`);
  }
  return only[1].semanticDigest;
}

function keyDigestOf(text: string): Hash {
  const bytes = fromHex(text);
  if (bytes?.length === HASH_SIZE) return bytes as Hash;
  throw wrongUsage(`"${text}" is not 64 hexadecimal digits`, "take it from `quorate disputes`");
}

function wrongUsage(message: string, hint: string): QuorateError {
  return new QuorateError("USAGE", message, hint);
}
