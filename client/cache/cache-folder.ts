import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** `$XDG_CACHE_HOME/quorate`, or `~/.cache/quorate`; a relative variable is ignored, as XDG says. */
export function defaultCacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = environment["XDG_CACHE_HOME"];
  const base = named !== undefined && isAbsolute(named) ? named : join(homedir(), ".cache");
  return join(base, "quorate");
}
