import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { invariant } from "../../base/assert.ts";

/** bin/quorate.js, seen from dist/ in a package or from the sources in a test. */
export function scriptPath(): string {
  const places = ["../../../bin/quorate.js", "../../bin/quorate.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const script = places.find((path) => existsSync(path));
  invariant(script !== undefined, "the package holds bin/quorate.js", { places });
  return script;
}
