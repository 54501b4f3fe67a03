import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { QuorateError } from "../../base/quorate-error.ts";

/**
 * Nothing but this page's own files runs, is styled, is shown or is asked for; what it draws it
 * keeps in memory (`blob:`), and nobody may put it into a frame.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SAFE_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface SiteFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The built viewer, read once: a path from the network only ever looks into a table. */
export class StaticSite {
  readonly #files = new Map<string, SiteFile>();

  /** @throws QuorateError VIEWER_NOT_BUILT */
  constructor(folder: string = builtViewerFolder()) {
    if (!existsSync(join(folder, "index.html"))) {
      throw new QuorateError(
        "VIEWER_NOT_BUILT",
        `there is no viewer in ${folder}`,
        "run npm run build in the project's folder",
      );
    }
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const path = join(entry.parentPath, entry.name);
      const name = `/${relative(folder, path).replaceAll("\\", "/")}`;
      this.#files.set(name, { type, bytes: readFileSync(path) });
    }
  }

  /** False: it has no such file, and nothing was answered. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const file = this.#files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) return false;
    response.writeHead(200, {
      ...SAFE_HEADERS,
      "content-type": file.type,
      "content-length": file.bytes.length,
    });
    response.end(request.method === "HEAD" ? undefined : file.bytes);
    return true;
  }
}

/** Beside cluster/ in what is built; from the sources, in dist/. */
export function builtViewerFolder(): string {
  const beside = fileURLToPath(new URL("../../viz", import.meta.url));
  if (existsSync(join(beside, "assets"))) return beside;
  return fileURLToPath(new URL("../../dist/viz", import.meta.url));
}
