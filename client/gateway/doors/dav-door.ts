import type { IncomingMessage, ServerResponse } from "node:http";
import { raw1 } from "../../../proof/digest/raw/raw-1.ts";
import { answerEmpty, answerText } from "../answer.ts";
import type { EntryForm } from "../entry-form.ts";
import type { GatewayView } from "../access/gateway-view.ts";
import { doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import { PUT_ONLY } from "./door.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";

const PREFIX = "/dav/";
/** sccache reads and writes it at every start; it says nothing, and is no entry. */
const PROBE = ".sccache_check";
const PROBE_TEXT = "Hello, World!";
/** When a file was changed is nobody's business here; clients want some date. */
const DATE = "Tue, 01 Jan 1980 00:00:00 GMT";

const FORM: EntryForm = {
  kinds: new Set([raw1.id]),
  contentType: "application/octet-stream",
  envelopeBytes: 0,
  take: (request) => ({ kindOf: () => raw1, bytes: request }),
};

/**
 * As much of WebDAV as a storage library needs to take the gateway for a folder: sccache by way of
 * OpenDAL. Folders are wherever a path ends with a slash; making one changes nothing.
 */
export function davDoor(): Door {
  return {
    id: "dav",
    tools: [
      {
        tool: "sccache",
        where: "environment",
        lines: (url, namespace) => [`export SCCACHE_WEBDAV_ENDPOINT=${url}/dav/${namespace}`],
      },
    ],
    resolve(url) {
      if (!url.startsWith(PREFIX)) return undefined;
      const path = pathOf(url);
      const isEntry = !path.endsWith("/") && !path.endsWith(`/${PROBE}`);
      return (isEntry ? entryOf(path) : undefined) ?? "unnamed";
    },
    writes: PUT_ONLY,
    aside: handleAside,
    looks: {
      hit: 200,
      miss: 404,
      denied: 404,
      unnamed: 400,
      put: {
        stored: 201,
        unchanged: 201,
        unpublished: 201,
        conflict: 201,
        failed: 201,
        malformed: 400,
        "read-only": 403,
        denied: 403,
        "over-size": 413,
        "cut-off": 400,
      },
      delete: { withdrawn: 204, absent: 404, failed: 404, "read-only": 403, denied: 403 },
      methodUnknown: 405,
    },
  };
}

function entryOf(path: string): DoorRoute | undefined {
  let text: string;
  try {
    text = decodeURIComponent(path.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  return doorRoute(text.slice(0, slash), `dav/${text.slice(slash + 1)}`, FORM);
}

function handleAside(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: GatewayView,
): boolean {
  const url = request.url as string;
  if (!url.startsWith(PREFIX)) return false;
  const path = pathOf(url);
  const answer = answerOf(path, request.method as string, gateway, response);
  if (answer === undefined) return false;
  // Bodies here say nothing that is needed.
  request.resume();
  request.on("end", answer);
  return true;
}

/** Undefined: not served. */
function answerOf(
  path: string,
  method: string,
  gateway: GatewayView,
  response: ServerResponse,
): (() => void) | undefined {
  if (path.endsWith(`/${PROBE}`)) {
    if (method === "GET") return () => answerText(response, 200, PROBE_TEXT);
    const status = gateway.settings.readOnly ? 403 : 201;
    if (method === "PUT") return () => answerEmpty(response, status);
  }
  if (method === "OPTIONS") {
    const headers = ["DAV", "1", "Allow", "GET, HEAD, PUT, DELETE, PROPFIND, MKCOL, OPTIONS"];
    return () => answerEmpty(response, 200, headers);
  }
  if (method === "MKCOL") return () => answerEmpty(response, 201);
  if (method !== "PROPFIND") return undefined;
  if (path.endsWith("/")) return () => answerProperties(response, path, undefined);
  return () => void describeEntry(path, gateway, response);
}

async function describeEntry(
  path: string,
  gateway: GatewayView,
  response: ServerResponse,
): Promise<void> {
  const route = entryOf(path);
  const found = route && (await gateway.exists(route).catch(() => undefined));
  if (found?.status === "hit") answerProperties(response, path, found.size);
  else answerText(response, 404, "miss\n");
}

/** Of a folder when there is no size. */
function answerProperties(response: ServerResponse, path: string, size: number | undefined): void {
  const type = size === undefined ? "<D:collection/>" : "";
  const length = size === undefined ? "" : `<D:getcontentlength>${size}</D:getcontentlength>`;
  const href = path.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:"><D:response>` +
      `<D:href>${href}</D:href><D:propstat><D:prop><D:resourcetype>${type}</D:resourcetype>` +
      `${length}<D:getlastmodified>${DATE}</D:getlastmodified></D:prop>` +
      `<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`,
  );
  response.writeHead(207, {
    "Content-Type": "application/xml; charset=utf-8",
    "Content-Length": body.length,
  });
  response.end(body);
}
