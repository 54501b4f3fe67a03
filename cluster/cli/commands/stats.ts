import { Command } from "commander";
import type { DoorStats, Stats } from "../../../client/gateway/api/stats-json.ts";
import { askGateway, gatewayUrlOption, tokenOption } from "../ask-gateway.ts";
import type { GatewayUrlOptions } from "../ask-gateway.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";
import { sizeText } from "../sizes.ts";

export function statsCommand(frame: Frame): Command {
  return finished(
    new Command("stats")
      .description("what went through a gateway since its start, door by door")
      .addOption(gatewayUrlOption())
      .addOption(tokenOption())
      .action(async (options: GatewayUrlOptions) => {
        const stats = await askGateway<Stats>(options, "/api/v1/stats");
        const doors = Object.entries(stats.doors).flatMap(([door, one]) => linesOf(door, one));
        const { depth, bytes, dropped } = stats.journal;
        const lost = dropped > 0 ? `, ${dropped} dropped` : "";
        frame.terminal.result(stats, [
          ...(doors.length === 0 ? ["no tool has asked for anything yet"] : doors),
          `journal   ${depth} publications wait, ${sizeText(bytes)}${lost}`,
          ...countsLine("refused", stats.refused),
          ...countsLine("audits", stats.audits ?? {}),
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["stats", "stats --gateway http://127.0.0.1:7480 --json"],
  );
}

function linesOf(door: string, stats: DoorStats): string[] {
  const { hits, hitShare, bytesIn, bytesOut, latencyMsP50, latencyMsP99 } = stats;
  const share = hitShare === null ? "" : ` (${(100 * hitShare).toFixed(1)} %)`;
  const late = (ms: number | null): string => (ms === null ? "–" : `≤ ${ms} ms`);
  const moved = `${sizeText(bytesOut)} out, ${sizeText(bytesIn)} in`;
  return [
    `${door.padEnd(9)} ${hits} hits${share}, ${moved}`,
    `          half within ${late(latencyMsP50)}, 99 % within ${late(latencyMsP99)}`,
    ...countsLine("  misses", stats.misses),
    ...countsLine("  writes", stats.writes),
  ];
}

function countsLine(title: string, counts: Readonly<Record<string, number>>): string[] {
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  if (told.length === 0) return [];
  return [`${title.padEnd(9)} ${told.map(([name, count]) => `${count} ${name}`).join(", ")}`];
}
