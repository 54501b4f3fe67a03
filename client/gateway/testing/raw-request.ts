import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body ended before its Content-Length: what a tool takes for a broken connection. */
  readonly cutShort: boolean;
}

/** One request as a build tool makes it: no retries, no redirects, the path as it is. */
export function rawRequest(
  url: string,
  path: string,
  options: {
    readonly method?: string;
    readonly body?: Uint8Array | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    /** Without Content-Length. */
    readonly chunked?: boolean;
  } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { body, chunked } = options;
  const length: Record<string, string> =
    body === undefined || chunked === true ? {} : { "Content-Length": String(body.length) };
  return new Promise((resolve, reject) => {
    const call = request({
      hostname,
      port,
      path,
      method: options.method ?? "GET",
      headers: { ...length, ...options.headers },
      agent: false,
    });
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      const answer = (cutShort: boolean): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          cutShort,
        });
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => answer(false));
      response.on("error", () => answer(true));
    });
    call.on("error", reject);
    if (options.headers?.["Expect"] === "100-continue") {
      call.flushHeaders();
      call.on("continue", () => call.end(body));
      call.on("response", () => call.end());
    } else {
      call.end(body);
    }
  });
}
