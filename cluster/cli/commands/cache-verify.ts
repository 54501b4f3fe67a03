import { Command } from "commander";
import { cacheOption, diskFolder } from "../cache-folder-option.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";
import { sizeText } from "../sizes.ts";

export function cacheVerifyCommand(frame: Frame): Command {
  return finished(
    new Command("verify")
      .description("hash everything in this machine's cache; drop what does not hold")
      .addOption(cacheOption())
      .action(async ({ cache }: { readonly cache?: string }) => {
        const { verifyCache } = await import("../../../client/cache/tend-cache.ts");
        const folder = diskFolder(cache);
        const verified = await verifyCache(folder);
        const { entries, values, bytes, corrupt, strayFiles, miscounted, wiped, sound } = verified;
        const lost = `${corrupt} rows or values did not hold and were dropped`;
        const stray = `${strayFiles} files that nothing named were removed`;
        const leaks = `${miscounted} chunks were named more or less often than was counted`;
        frame.terminal.result({ folder, ...verified }, [
          `${entries} entries and ${values} values hold, ${sizeText(bytes)}`,
          ...(wiped ? ["the index could not be read at all; the cache begins anew"] : []),
          ...(corrupt > 0 ? [lost] : []),
          ...(strayFiles > 0 ? [stray] : []),
          ...(miscounted > 0 ? [leaks] : []),
        ]);
        frame.exitCode = sound ? EXIT_OK : EXIT_REFUSED;
      }),
    ["cache verify", "cache verify --json"],
  );
}
