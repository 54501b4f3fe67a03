import { fileURLToPath } from "node:url";
import { invariant } from "../../base/assert.ts";
import type { Plugin } from "vite";

/** Pages lie beside this file, in the language that this file is in. */
export type PageName = "simulator-page" | "signatures-page";

/** Under Node `node:crypto` is behind it; a page has the same in plain JavaScript. */
const REPLACED = /\/crypto-real\.(?:ts|js)$/;

/**
 * One page's script and all that it imports, as one text. What would need Node fails the bundling:
 * nothing is left out or put in its place but the real keys.
 */
export async function bundlePage(name: PageName): Promise<string> {
  const { build } = await import("vite");
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const at = (path: string): string =>
    fileURLToPath(new URL(`${path}.${extension}`, import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "silent",
    root: fileURLToPath(new URL(".", import.meta.url)),
    plugins: [strict(at("real-in-plain-script"))],
    build: {
      write: false,
      minify: false,
      target: "es2023",
      lib: { entry: at(`pages/${name}`), formats: ["iife"], name: "page" },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  const chunk = first !== undefined && "output" in first ? first.output[0] : undefined;
  invariant(chunk?.type === "chunk", "a page is one script", { name });
  return chunk.code;
}

function strict(realInPlainScript: string): Plugin {
  return {
    name: "quorate-page",
    enforce: "pre",
    resolveId(source, importer) {
      if (REPLACED.test(source)) return realInPlainScript;
      if (!source.startsWith("node:")) return undefined;
      throw new Error(`${importer ?? "a page"} imports ${source}, which no browser has`);
    },
  };
}
