import { join } from "node:path";
import { Option } from "commander";
import { defaultCacheFolder } from "../../client/cache/cache-folder.ts";

/** The folder that the gateway is given, too. */
export function cacheOption(): Option {
  return new Option(
    "--cache <folder>",
    "the gateway's (default: quorate in the user's cache folder)",
  );
}

/** Where L2 lies in it. */
export function diskFolder(cache: string | undefined): string {
  return join(cache ?? defaultCacheFolder(), "cache");
}
