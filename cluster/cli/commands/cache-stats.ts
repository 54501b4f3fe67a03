import { Command } from "commander";
import { cacheOption, diskFolder } from "../cache-folder-option.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";
import { ageText, sizeText } from "../sizes.ts";

export function cacheStatsCommand(frame: Frame): Command {
  return finished(
    new Command("stats")
      .description("what lies in this machine's cache, and within which limits; also while in use")
      .addOption(cacheOption())
      .action(async ({ cache }: { readonly cache?: string }) => {
        const { folderFigures } = await import("../../../client/cache/folder-figures.ts");
        const folder = diskFolder(cache);
        const figures = await folderFigures(folder);
        const { entries, values, bytes, bytesMax, ageMsMax, oldestUseMs } = figures;
        const { plainBytes, sharedBytes } = figures;
        const share = (part: number): string =>
          `${((100 * part) / Math.max(1, plainBytes)).toFixed(1)} %`;
        const percent = ((100 * bytes) / bytesMax).toFixed(1);
        const unused = oldestUseMs === undefined ? "none" : ageText(Date.now() - oldestUseMs);
        frame.terminal.result({ folder, ...figures, oldestUseMs: oldestUseMs ?? null }, [
          `folder   ${folder}${figures.inUse ? ", in use" : ""}${figures.exists ? "" : ", empty"}`,
          `entries  ${entries}`,
          `values   ${values}`,
          `size     ${sizeText(bytes)} of ${sizeText(bytesMax)} (${percent} %)`,
          `saved    ${share(plainBytes - bytes)} of ${sizeText(plainBytes)}, by deduplication ${share(sharedBytes)}`,
          `age      longest unused: ${unused}; what nobody used for ${ageText(ageMsMax)} goes`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["cache stats", "cache stats --cache /var/cache/quorate --json"],
  );
}
