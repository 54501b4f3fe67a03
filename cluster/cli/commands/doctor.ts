import { Command } from "commander";
import type { Finding } from "../../doctor/finding.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export function doctorCommand(frame: Frame): Command {
  return finished(
    new Command("doctor")
      .description("say what is wrong with the cluster and what to do; 0 is all well, 1 findings")
      .addOption(folderOption())
      .action(async (options: { readonly dir: string }) => {
        const { examine } = await import("../../doctor/examine.ts");
        const findings = await examine(options.dir);
        frame.terminal.result(
          { healthy: findings.length === 0, findings },
          findings.length === 0
            ? [frame.terminal.paint("green", "all well")]
            : findings.flatMap((finding) => describe(finding, frame.terminal)),
        );
        frame.exitCode = findings.length === 0 ? EXIT_OK : EXIT_REFUSED;
      }),
    ["doctor", "doctor --dir ./my-cluster --json"],
  );
}

function describe({ severity, code, message, hint }: Finding, terminal: Terminal): string[] {
  const paint = severity === "error" ? "red" : "yellow";
  return [`${terminal.paint(paint, severity)} ${code}: ${message}`, `  hint: ${hint}`];
}
