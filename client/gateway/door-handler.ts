import type { IncomingMessage, ServerResponse } from "node:http";
import { answerBytes, answerEmpty, answerStream, answerText } from "./answer.ts";
import type { Door } from "./doors/door.ts";
import type { Gateway } from "./gateway.ts";
import { VALUE_BYTES_MAX } from "./limits.ts";
import type { Exists, Hit, MissReason } from "./outcome.ts";
import type { Route } from "./route.ts";

/**
 * Carries one request of a tool through the gateway and gives the outcome the door's look. The
 * path of a hit in memory makes no promise and parses no URL.
 */
export function handleAtDoor(
  door: Door,
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const route = door.resolve(pathOf(request.url as string));
  const { method } = request;
  if (method === "PUT") return handlePut(door, gateway, route, request, response);
  const handle = method === undefined ? undefined : WITHOUT_BODY[method];
  if (handle === undefined) {
    answerEmpty(response, door.looks.methodUnknown, ["Allow", "GET, HEAD, PUT, DELETE"]);
  } else if (route === undefined) answerMiss(door, response, "absent");
  else handle(door, gateway, route, response);
}

type Handle = (door: Door, gateway: Gateway, route: Route, response: ServerResponse) => void;

const WITHOUT_BODY: Readonly<Record<string, Handle>> = {
  GET: handleGet,
  HEAD: (door, gateway, route, response) =>
    settle(door, gateway, response, answerHead(door, gateway, route, response)),
  DELETE: (door, gateway, route, response) =>
    settle(door, gateway, response, answerDelete(door, gateway, route, response)),
};

function handleGet(door: Door, gateway: Gateway, route: Route, response: ServerResponse): void {
  const hit = gateway.lookLocally(route);
  if (hit !== undefined && hit.value.bytes !== undefined) {
    return answerBytes(response, door.looks.hit, hit, hit.value.bytes);
  }
  const work =
    hit === undefined
      ? getFurther(door, gateway, route, response)
      : getHeld(door, gateway, route, hit, response);
  settle(door, gateway, response, work);
}

/** What the disk holds no more, or holds wrong, is asked of the cluster. */
async function getHeld(
  door: Door,
  gateway: Gateway,
  route: Route,
  hit: Hit,
  response: ServerResponse,
): Promise<void> {
  if (await answerStream(response, door.looks.hit, hit, gateway.counts)) return;
  gateway.counts.refusal("corrupt-on-disk");
  await getFurther(door, gateway, route, response);
}

async function getFurther(
  door: Door,
  gateway: Gateway,
  route: Route,
  response: ServerResponse,
): Promise<void> {
  const outcome = await gateway.lookFurther(route);
  if (outcome.status === "miss") return answerMiss(door, response, outcome.reason);
  const { bytes } = outcome.value;
  if (bytes !== undefined) return answerBytes(response, door.looks.hit, outcome, bytes);
  if (await answerStream(response, door.looks.hit, outcome, gateway.counts)) return;
  gateway.counts.miss("refused");
  answerMiss(door, response, "refused");
}

async function answerHead(
  door: Door,
  gateway: Gateway,
  route: Route,
  response: ServerResponse,
): Promise<void> {
  const outcome = await gateway.exists(route);
  if (outcome.status === "hit") answerExists(door, response, outcome);
  else answerMiss(door, response, outcome.reason);
}

function answerExists(door: Door, response: ServerResponse, exists: Exists): void {
  response.writeHead(door.looks.hit, [
    "Content-Length",
    String(exists.size),
    "X-Quorate-Certainty",
    exists.certainty,
  ]);
  response.end();
}

function handlePut(
  door: Door,
  gateway: Gateway,
  route: Route | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const early = refusedEarly(door, gateway, route, request);
  if (early !== undefined || route === undefined) {
    refusePut(request, response, early ?? [door.looks.unnamed, "unnamed"]);
    return;
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  const put = async (): Promise<void> => {
    const outcome = await gateway.put(route, request);
    const headers = ["X-Quorate-Put", outcome];
    if (outcome === "cut-off" || outcome === "over-size") headers.push("Connection", "close");
    answerEmpty(response, door.looks.put[outcome], headers);
  };
  settle(door, gateway, response, put(), () =>
    answerEmpty(response, door.looks.put.failed, ["X-Quorate-Put", "failed"]),
  );
}

/** What needs no byte of the body to be known. */
function refusedEarly(
  door: Door,
  gateway: Gateway,
  route: Route | undefined,
  request: IncomingMessage,
): readonly [number, string] | undefined {
  if (route === undefined) return [door.looks.unnamed, "unnamed"];
  if (Number(request.headers["content-length"] ?? 0) > VALUE_BYTES_MAX) {
    gateway.counts.put("over-size");
    return [door.looks.put["over-size"], "over-size"];
  }
  return undefined;
}

/** Small bodies are read to their end first, or the tool might see a reset and not the answer. */
const DRAINED_BYTES_MAX = 1024 * 1024;

function refusePut(
  request: IncomingMessage,
  response: ServerResponse,
  [status, reason]: readonly [number, string],
): void {
  const answer = (): void =>
    answerText(response, status, `${reason}\n`, ["X-Quorate-Put", reason, "Connection", "close"]);
  const size = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  if (request.headers.expect !== undefined || size > DRAINED_BYTES_MAX) return answer();
  request.on("error", () => response.destroy());
  request.on("end", answer);
  request.resume();
}

async function answerDelete(
  door: Door,
  gateway: Gateway,
  route: Route,
  response: ServerResponse,
): Promise<void> {
  const outcome = await gateway.delete(route);
  answerEmpty(response, door.looks.delete[outcome], ["X-Quorate-Delete", outcome]);
}

function answerMiss(door: Door, response: ServerResponse, reason: MissReason): void {
  answerText(response, door.looks.miss, "miss\n", ["X-Quorate-Miss", reason]);
}

/** Whatever was not foreseen looks like what is: no tool ever sees a 5xx. */
function settle(
  door: Door,
  gateway: Gateway,
  response: ServerResponse,
  work: Promise<void>,
  otherwise: () => void = () => answerMiss(door, response, "failed"),
): void {
  work.catch(() => {
    gateway.counts.miss("failed");
    if (response.headersSent) response.destroy();
    else otherwise();
  });
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
