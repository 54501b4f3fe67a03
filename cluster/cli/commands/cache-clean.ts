import { Command, Option } from "commander";
import { cacheOption, diskFolder } from "../cache-folder-option.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";
import { parseAge, parseSize, sizeText } from "../sizes.ts";

interface CacheCleanOptions {
  readonly cache?: string;
  readonly size?: number;
  readonly age?: number;
  readonly all?: true;
}

export function cacheCleanCommand(frame: Frame): Command {
  return finished(
    new Command("clean")
      .description("make this machine's cache smaller; its gateway must not run")
      .addOption(cacheOption())
      .addOption(
        new Option("--size <size>", "down to this, least recently used first").argParser(parseSize),
      )
      .addOption(new Option("--age <age>", "what nobody used for so long").argParser(parseAge))
      .option("--all", "everything")
      .action(async ({ cache, size, age, all }: CacheCleanOptions) => {
        const { cleanCache } = await import("../../../client/cache/tend-cache.ts");
        const folder = diskFolder(cache);
        const cleaned = await cleanCache(folder, { bytesMax: size, ageMsMax: age, all });
        const { entries, values } = cleaned.removed;
        frame.terminal.result({ folder, ...cleaned }, [
          `removed ${entries} entries and ${values} values, ${sizeText(cleaned.removed.bytes)}`,
          `${sizeText(cleaned.bytes)} are left in ${folder}`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["cache clean --size 2GiB --age 7d", "cache clean --all"],
  );
}
