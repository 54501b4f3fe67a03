import type { Epoch } from "../../../base/types.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { fromUtf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { handleApi } from "../../../client/gateway/api/api-handler.ts";
import type { Gateway } from "../../../client/gateway/gateway.ts";
import type { RequestHandler } from "../../../node/http/http-server.ts";
import { blobRoute } from "../../../node/http/blob-routes.ts";
import type { BlobRouteDependencies } from "../../../node/http/blob-routes.ts";
import { evidenceRoutes } from "../../../node/http/evidence-routes.ts";
import { Tally } from "../../../node/metrics/tally.ts";
import { BrokenLaw, demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const HEX = "ab".repeat(32);
const VALUE_SIZE = 500;
const NAME = "author-1-0123456789abcdef.evidence";
/** An answer that does not come is a finding; nothing here waits for anything. */
const ANSWER_MS_MAX = 2000;

/** Handlers of requests that anybody can send. An input is a method, a path and a Range, by lines. */
export function httpTargets(): readonly FuzzTarget[] {
  const evidence = evidenceRoutes({
    pieces: [{ name: NAME, accused: 1, epoch: 0 as Epoch }],
    read: (name) => (name === NAME ? new Uint8Array(10) : undefined),
  });
  const api = (request: IncomingMessage, response: ServerResponse): void =>
    handleApi(NO_CLUSTER, undefined, request, response);
  return [
    target("GET /blob/", blobRoute(BLOBS), [
      `GET\n/blob/${HEX}\nbytes=0-9`,
      `HEAD\n/blob/${HEX}\n`,
      `GET\n/blob/${"cd".repeat(32)}?x\nbytes=600-`,
    ]),
    target("GET /evidence", evidence.get("/evidence")!, ["GET\n/evidence\n"]),
    target("GET /evidence/", evidence.get("/evidence/")!, [`GET\n/evidence/${NAME}\n`]),
    target("GET /api/v1/", api, [
      "GET\n/api/v1/status\n",
      "GET\n/api/v1/entries/default/a%2Fb\n",
      "GET\n/api/v1/entries/default?limit=3&prefix=x\n",
    ]),
  ];
}

function target(name: string, handler: RequestHandler, seeds: readonly string[]): FuzzTarget {
  return {
    name: `http ${name}`,
    seeds: seeds.map((seed) => new TextEncoder().encode(seed)),
    feed: async (input) => {
      const [method = "", url = "", range = ""] = (fromUtf8(input) ?? "").split("\n");
      // Uploads have a body, which is no parser's affair.
      if (method === "PUT" || !url.startsWith("/")) return false;
      const request = { method, url, headers: { range }, socket: {}, setTimeout: () => undefined };
      const response = new StubResponse();
      handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
      await response.answered();
      const { status, size, promised } = response;
      demand(status >= 200 && status < 600, "every request has an answer");
      demand(status !== 500, "no request is our own fault");
      demand(
        method === "HEAD" || (promised ?? size) === size,
        "as many bytes come as were promised",
      );
      return true;
    },
  };
}

/** As much of a response as the handlers use. */
class StubResponse extends Writable {
  status = 0;
  size = 0;
  promised: number | undefined;
  headersSent = false;

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.size += chunk.length;
    done();
  }

  writeHead(status: number, headers: Readonly<Record<string, unknown>> = {}): this {
    this.status = status;
    this.headersSent = true;
    const length = headers["content-length"];
    if (length !== undefined) this.promised = Number(length);
    return this;
  }

  setHeader(name: string, value: unknown): this {
    if (name.toLowerCase() === "content-length") this.promised = Number(value);
    return this;
  }

  async answered(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new BrokenLaw("no answer")), ANSWER_MS_MAX);
    });
    await Promise.race([finished(this), late]).finally(() => clearTimeout(timer));
  }
}

const BLOBS = {
  blobs: {
    sizeOf: (digest: Hash) => (digest[0] === 0xab ? VALUE_SIZE : undefined),
    stream: (_digest: Hash, { start, end }: { readonly start: number; readonly end: number }) =>
      Readable.from([new Uint8Array(end - start + 1)]),
  },
  figures: { drops: new Tally(), blobBytes: new Tally() },
} as unknown as BlobRouteDependencies;

/** Without a cluster the API parses, and then says that there is none. */
const NO_CLUSTER = {
  client: undefined,
  trouble: "no cluster",
  settings: { local: false, readOnly: true },
  isReachable: () => false,
  journal: { depth: 0, bytes: 0 },
} as unknown as Gateway;
