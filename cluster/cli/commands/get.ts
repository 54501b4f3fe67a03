import { Command } from "commander";
import type { Hlc } from "../../../base/types.ts";
import type { EntryJson } from "../../../client/gateway/api/entry-json.ts";
import type { GetResult } from "../../../client/types.ts";
import { atOption } from "../at-option.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_MISS, EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { byKeyOption, namedKey } from "../named-key.ts";
import type { NamedKeyOptions } from "../named-key.ts";
import { trustLine } from "../proof-trust.ts";
import type { ProofTrust } from "../proof-trust.ts";
import {
  finished,
  folderOption,
  keyArgument,
  namespaceArgument,
  timeoutOption,
} from "../options.ts";

interface GetCommandOptions extends FolderOptions, NamedKeyOptions {
  readonly out?: string;
  readonly receipt?: string;
  readonly at?: Hlc;
}

export function getCommand(frame: Frame): Command {
  return finished(
    new Command("get")
      .description("read an entry; 0 is a hit, 4 a certified miss")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .addOption(folderOption())
      .addOption(byKeyOption())
      .option("--out <file>", "where to put the value; standard output without")
      .option("--receipt <file>", "where to put the proof, of presence or of absence")
      .addOption(atOption("the entry as it was then"))
      .addOption(timeoutOption())
      .action(async (namespace: string, key: string, options: GetCommandOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { handOverPast } = await import("../hand-over-past.ts");
        const { at } = options;
        const named = namedKey(key, options);
        frame.exitCode = await withClient(options, "reader", async (client) =>
          at === undefined
            ? handOver(frame, { namespace, key }, await client.get(namespace, named), options)
            : handOverPast(frame, key, await client.getAt(namespace, named, at), options),
        );
      }),
    [
      "get default greeting",
      "get default greeting --out hello.txt --receipt hello.receipt",
      "get default greeting --at 2026-11-21T12:00:00Z",
      'get default --by-key "$(quorate cnf key php.cnf)" --out php.proof',
    ],
  );
}

async function handOver(
  frame: Frame,
  asked: { readonly namespace: string; readonly key: string },
  result: GetResult,
  options: GetCommandOptions,
): Promise<number> {
  const { missReason } = await import("../miss-reason.ts");
  const { entryJson, freshnessJson } = await import("../../../client/gateway/api/entry-json.ts");
  const output = await import("../write-output.ts");
  const { terminal } = frame;
  if (options.receipt !== undefined) {
    await output.writeBytesFile(options.receipt, result.receipt());
  }
  const common = {
    ...asked,
    sequence: result.sequence,
    freshness: freshnessJson(result.freshness),
    receipt: options.receipt ?? null,
  };
  if (result.status === "miss") {
    const reason = missReason(result);
    terminal.result({ found: false, reason, ...common }, []);
    terminal.note(`certified miss: ${asked.namespace}/${asked.key} is ${reason}`);
    return EXIT_MISS;
  }
  const entry = { found: true, ...entryJson(result.entry, result.freshness), ...common };
  const { isProofKind } = await import("../../../proof/digest/registry.ts");
  const told = isProofKind(entry.kind) ? trustOf(entry) : undefined;
  const trust = told === undefined ? [] : [trustLine(told)];
  if (options.out !== undefined) {
    await output.writeValueFile(options.out, result.value.stream());
    terminal.result({ ...entry, ...told, out: options.out }, [
      `${options.out}  ${result.value.size} bytes`,
      ...trust,
    ]);
  } else if (terminal.json) {
    terminal.result({ ...entry, ...told, valueBase64: await output.jsonValue(result.value) }, []);
  } else {
    await output.writeValueStream(process.stdout, result.value.stream());
    for (const line of trust) terminal.note(line);
  }
  return EXIT_OK;
}

/** A certificate says that replicas have checked it; whoever uses it has it checked once more. */
function trustOf({ grade, confidence, source, operator, writer }: EntryJson): ProofTrust {
  const provenance = `${source}, written by ${operator} (${writer.slice(0, WRITER_DIGITS)})`;
  return { grade, confidence, provenance };
}

const WRITER_DIGITS = 16;
