import { Command } from "commander";
import type { Explanation } from "../../../client/gateway/api/explain.ts";
import { askGateway, gatewayUrlOption, tokenOption } from "../ask-gateway.ts";
import type { GatewayUrlOptions } from "../ask-gateway.ts";
import { EXIT_MISS, EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, keyArgument, namespaceArgument } from "../options.ts";

export function explainCommand(frame: Frame): Command {
  return finished(
    new Command("explain")
      .description("why a gateway answers a key as it does: what is held, who vouched, what failed")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .addOption(gatewayUrlOption())
      .addOption(tokenOption())
      .action(async (namespace: string, key: string, options: GatewayUrlOptions) => {
        const name = key.split("/").map(encodeURIComponent).join("/");
        const path = `/api/v1/explain/${namespace}/${name}`;
        const explanation = await askGateway<Explanation>(options, path);
        frame.terminal.result(explanation, linesOf(explanation));
        frame.exitCode = explanation.verdict === "hit" ? EXIT_OK : EXIT_MISS;
      }),
    ["explain team-a ab/cdef0123", "explain default greeting --json"],
  );
}

function linesOf({ verdict, why, local, cluster, last }: Explanation): string[] {
  const held = local && `${local.kind}, ${local.size} bytes, ${local.level ?? "bytes gone"}`;
  const state = cluster.trouble === null ? cluster.state : `unknown: ${cluster.trouble}`;
  const refused = Object.entries(cluster.refused).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${verdict}: ${why}`,
    `here      ${held ?? "nothing"}${local?.waits ? ", waits to be published" : ""}`,
    `cluster   ${state}${cluster.kind === null ? "" : `, ${cluster.kind}`}`,
    ...cluster.vouched.map(({ operator, writer, answer, served, atMs }) => {
      const at = new Date(atMs).toISOString();
      const who = `${operator} (${writer.slice(0, 16)})`;
      return `  vouched ${who} for ${answer.slice(0, 16)} at ${at}${served ? ", served" : ""}`;
    }),
    ...(refused.length === 0
      ? []
      : [`refused   from replicas since the start: ${refused.join(", ")}`]),
    ...(last === null ? [] : [`last      ${lastText(last)}`]),
  ];
}

function lastText(last: NonNullable<Explanation["last"]>): string {
  const { atMs, door, method, outcome, reason, detail, level, ms } = last;
  const why = [reason, detail].filter((text) => text !== undefined).join(", ");
  const from = level === undefined ? "" : ` from ${level}`;
  const what = `${method} at ${door}: ${outcome}${why === "" ? "" : ` (${why})`}${from}`;
  return `${new Date(atMs).toISOString()} ${what}, ${ms.toFixed(1)} ms`;
}
