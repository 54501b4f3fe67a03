import type { TimeStatus } from "../time/time-status.ts";
import { onlyGet } from "./health-routes.ts";
import type { RequestHandler } from "./http-server.ts";

/** `/time`: what this replica's clock says of itself, as JSON (time/time-status.ts). */
export function timeRoute(time: () => TimeStatus): RequestHandler {
  return onlyGet((_request, response) => {
    const text = `${JSON.stringify(time())}\n`;
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  });
}
