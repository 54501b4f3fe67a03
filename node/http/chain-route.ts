import type { Epoch } from "../../base/types.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { LINKS_AT_ONCE_MAX } from "../../consensus/limits.ts";
import { chainCodec } from "../../consensus/wire/configuration.ts";
import { onlyGet } from "./health-routes.ts";
import { answerText } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";

const PATH_GRAMMAR = /^\/chain\/(0|[1-9][0-9]{0,15})$/;

/**
 * `/chain/{epoch}`: the links from that configuration to the newest, for clients and replicas that
 * were away. Each proves itself, so anybody may hand them out and anybody may ask.
 */
export function chainRoute(epochs: Epochs): RequestHandler {
  return onlyGet((request, response) => {
    const from = PATH_GRAMMAR.exec(request.url ?? "")?.[1];
    if (from === undefined) return answerText(response, 404, "ask for /chain/{epoch}\n");
    const links = epochs.linksFrom(Number(from) as Epoch).slice(0, LINKS_AT_ONCE_MAX);
    const body = chainCodec.encode({ links });
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "content-length": body.length,
      "cache-control": "no-store",
    });
    response.end(body);
  });
}
