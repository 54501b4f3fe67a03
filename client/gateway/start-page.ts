import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { Door } from "./doors/door.ts";
import { guideOf } from "./doors/guide.ts";
import { DEFAULT_NAMESPACE } from "./route.ts";

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;
margin:2rem auto;padding:0 1rem}pre{overflow-x:auto;padding:.6rem .8rem;border:1px solid #8886;
border-radius:.3rem;user-select:all}h2{margin-bottom:0;font-size:1.1rem}p{margin:.2rem 0}`;

/** What a person who opens the gateway's address sees: for each tool, the lines to copy. */
export function answerStartPage(
  doors: readonly Door[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const isSecure = request.socket instanceof TLSSocket;
  const url = `${isSecure ? "https" : "http"}://${request.headers.host ?? "127.0.0.1"}`;
  const body = Buffer.from(pageOf(doors, url));
  response.writeHead(200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": body.length,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(body);
}

function pageOf(doors: readonly Door[], url: string): string {
  const tools = guideOf(doors, url).map(({ tool, where, lines }) => {
    const text = lines.map(escaped).join("\n");
    return `<h2>${escaped(tool)}</h2><p>${escaped(where)}</p><pre>${text}</pre>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Quorate gateway</title>
<style>${STYLE}</style></head><body><h1>Quorate gateway</h1>
<p>Tools on this machine use the cluster through this address. A click selects a tool's lines; put
your team's namespace in place of <code>${DEFAULT_NAMESPACE}</code>.</p>
${tools.join("\n")}
<p><a href="/api/v1/status">status</a> · <a href="/metrics">metrics</a></p></body></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
