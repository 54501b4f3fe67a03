import { Command } from "commander";
import type { Client } from "../../../client/types.ts";
import { DEFAULT_NAMESPACE } from "../../../consensus/wire/rows.ts";
import type { NamespaceRow } from "../../../consensus/wire/rows.ts";
import { ADMINISTRATION_NAMESPACE } from "../../../consensus/wire/write-set.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  namespaceArgument,
  parsePositive,
  parseWhole,
  timeoutOption,
} from "../options.ts";

interface PolicySetOptions extends FolderOptions {
  readonly confirmations?: number;
  readonly trusted?: string;
  readonly valueBytes?: number;
  readonly ttl?: number;
  readonly quota?: number;
}

export function policySetCommand(frame: Frame): Command {
  return finished(
    new Command("set")
      .description("set a namespace's rule, as an operator's ordered operation")
      .addArgument(namespaceArgument())
      .addOption(folderOption())
      .option("--confirmations <count>", "operators that must agree", parsePositive)
      .option("--trusted <operators>", "only these count, by commas; all: everybody's does")
      .option("--value-bytes <bytes>", "no larger value; 0: no bound of its own", parseWhole)
      .option("--ttl <seconds>", "entries live no longer; 0: no bound", parseWhole)
      .option("--quota <bytes>", "oldest entries leave beyond it; 0: none", parseWhole)
      .addOption(keyOption("operator"))
      .addOption(timeoutOption())
      .action(async (namespace: string, options: PolicySetOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { namespaceJson, namespaceLine } = await import("../policy-json.ts");
        const row = await withClient(options, "operator", (client) =>
          setNamespace(client, namespace, options),
        );
        const set = namespaceJson(row);
        frame.terminal.result(set, [namespaceLine(set)]);
        frame.exitCode = EXIT_OK;
      }),
    [
      "policy set main --confirmations 2",
      "policy set main --trusted ci-berlin,ci-oslo --quota 10737418240",
    ],
  );
}

/** What is not named stays as it is. */
async function setNamespace(
  client: Client,
  namespace: string,
  options: PolicySetOptions,
): Promise<NamespaceRow> {
  const before = await ruleOf(client, namespace);
  await client.administer(namespace, {
    action: ADMINISTRATION_NAMESPACE,
    confirmations: options.confirmations ?? before.confirmations,
    trusted: options.trusted === undefined ? before.trusted : operatorsOf(options.trusted),
    valueBytesMax: options.valueBytes ?? before.valueBytesMax,
    ttlMsMax: options.ttl === undefined ? before.ttlMsMax : options.ttl * 1000,
    quotaBytes: options.quota ?? before.quotaBytes,
  });
  // As it stands now, never from before this write: somebody else may have set it, too.
  return ruleOf(client, namespace);
}

async function ruleOf(client: Client, namespace: string): Promise<NamespaceRow> {
  const { namespaces } = await client.policy();
  return namespaces.find((row) => row.namespace === namespace) ?? DEFAULT_NAMESPACE;
}

function operatorsOf(text: string): readonly string[] {
  if (text === "all") return [];
  return text.split(",").map((each) => each.trim());
}
