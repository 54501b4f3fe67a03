import { Command } from "commander";
import type { AuditRecord } from "../../../client/gateway/audit/audit-record.ts";
import { cacheOption } from "../cache-folder-option.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function auditReportCommand(frame: Frame): Command {
  return finished(
    new Command("report")
      .description("what differed from what was certified when tools made it again, and why")
      .addOption(cacheOption())
      .action(async ({ cache }: { readonly cache?: string }) => {
        const { readAuditLog } = await import("../../../client/gateway/audit/audit-log.ts");
        const { auditReport } = await import("../../../client/gateway/audit/audit-report.ts");
        const { defaultCacheFolder } = await import("../../../client/cache/cache-folder.ts");
        const { auditFolder } = await import("../../../client/gateway/start-gateway.ts");
        const folder = auditFolder(cache ?? defaultCacheFolder());
        const report = auditReport(await readAuditLog(folder));
        frame.terminal.result({ folder, ...report }, [
          `${report.agreed} agreed, ${report.differing} differ`,
          ...report.differences.flatMap(linesOf),
        ]);
        // Everything else is a build that does not repeat itself, which harms nobody.
        frame.exitCode = report.causes.poisoning === undefined ? EXIT_OK : EXIT_REFUSED;
      }),
    ["audit report", "audit report --cache /var/cache/quorate --json"],
  );
}

const FINDING_COUNT_SHOWN = 3;

function linesOf(record: AuditRecord): string[] {
  const { namespace, key, kind, cause, operator, findings = [] } = record;
  const by = operator === undefined ? "" : `, vouched for by ${operator}`;
  const at = new Date(record.atMs).toISOString();
  return [
    "",
    `${namespace} ${key}`,
    `  ${kind}, ${at}${by}`,
    `  likely cause: ${cause ?? "unknown, it could not be looked into"}`,
    ...findings
      .slice(0, FINDING_COUNT_SHOWN)
      .flatMap(({ where, offset, left, right }) => [
        `  ${where === "" ? "content" : where} at ${offset}`,
        `    certified  ${left}`,
        `    rebuilt    ${right}`,
      ]),
  ];
}
