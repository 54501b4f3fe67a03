import type { IncomingMessage, ServerResponse } from "node:http";
import { fromHex } from "../../base/bytes.ts";
import { resumeCodec } from "../../consensus/wire/resume.ts";
import type { Resume } from "../../consensus/wire/resume.ts";
import { onlyGet } from "./health-routes.ts";
import { answerText, pathOf } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";

/** What a replica says of its latch. */
export interface HaltAccount {
  readonly halted: boolean;
  readonly epoch: number;
  readonly what: string;
  /** Its name in hex. Null: it has none, and no order releases it. */
  readonly evidence: string | null;
}

export type ResumeRefusal = "not signed" | "other evidence";

const PREFIX = "/resume/";

/**
 * `/halt` tells whether and why; `POST /resume/{order in hex}` brings an administrator's signed
 * order, whoever sends it. 409: it is not about what halted this replica; 403: nobody who may has
 * signed it.
 */
export function haltRoutes(door: {
  readonly account: () => HaltAccount;
  readonly resume: (order: Resume) => "resumed" | ResumeRefusal;
}): ReadonlyMap<string, RequestHandler> {
  const told = onlyGet((_request, response) => {
    const text = `${JSON.stringify(door.account())}\n`;
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  });
  const resumed = (order: Resume): ReturnType<typeof door.resume> | undefined => {
    try {
      return door.resume(order);
    } catch {
      return undefined;
    }
  };
  const resume = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== "POST") return answerText(response, 405, "only POST\n");
    const bytes = fromHex(pathOf(request).slice(PREFIX.length));
    const order = bytes && resumeCodec.tryDecode(bytes);
    if (order === undefined) return answerText(response, 400, "no order\n");
    const what = resumed(order);
    if (what === undefined) return answerText(response, 503, "its disk took no order\n");
    const code = what === "resumed" ? 200 : what === "not signed" ? 403 : 409;
    answerText(response, code, `${what}\n`);
  };
  return new Map([
    ["/halt", told],
    [PREFIX, resume],
  ]);
}
