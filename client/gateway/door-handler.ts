import type { IncomingMessage, ServerResponse } from "node:http";
import { answerBytes, answerEmpty, answerGiven, answerStream, answerText } from "./answer.ts";
import type { GatewayView } from "./access/gateway-view.ts";
import type { Place } from "./doors/door-table.ts";
import type { Door } from "./doors/door.ts";
import type { Reader } from "./entry-form.ts";
import { GIVEN_BODY_BYTES_MAX, VALUE_BYTES_MAX } from "./limits.ts";
import { isDenial } from "./outcome.ts";
import type { Exists, Hit, Miss, MissReason } from "./outcome.ts";
import type { DoorRoute } from "./route.ts";
import { endingOfHit, endingOfMiss, tellOf } from "./tell-of.ts";
import type { Ending } from "./tell-of.ts";
import { wholeValue } from "./whole-value.ts";

/** One request of a tool about one entry. */
interface Call {
  readonly door: Door;
  readonly gateway: GatewayView;
  readonly route: DoorRoute;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** By a clock that is never set. */
  readonly startMs: number;
}

/**
 * Carries one request of a tool through the gateway and gives the outcome the door's look. The
 * path of a hit in memory makes no promise and parses no URL.
 */
export function handleAtDoor(
  { door, route }: Place,
  gateway: GatewayView,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const method = request.method as string;
  const writes = door.writes.has(method);
  const handle = writes ? handlePut : WITHOUT_BODY.get(method);
  if (route !== undefined && handle !== undefined) {
    return handle({ door, gateway, route, request, response, startMs: performance.now() });
  }
  if (door.aside?.(request, response, gateway) === true) return;
  if (writes) refusePut(request, response, [door.looks.unnamed, "unnamed"]);
  else if (handle !== undefined) answerMiss(door, response, "absent");
  else answerEmpty(response, door.looks.methodUnknown, ["Allow", allowed(door)]);
}

function allowed(door: Door): string {
  return ["GET", "HEAD", ...door.writes, "DELETE"].join(", ");
}

const WITHOUT_BODY: ReadonlyMap<string, (call: Call) => void> = new Map([
  ["GET", handleGet],
  ["HEAD", handleHead],
  ["DELETE", (call: Call) => settle(call, answerDelete(call))],
]);

function handleGet(call: Call): void {
  const { door, gateway, route, response } = call;
  const hit = gateway.lookLocally(route);
  if (hit === undefined) return settle(call, getFurther(call));
  const { bytes } = hit.value;
  if (bytes !== undefined && route.form.give === undefined) {
    answerBytes(response, door.looks.hit, { hit, form: route.form }, bytes);
    return tellHit(call, hit);
  }
  settle(call, getHeld(call, hit));
}

function handleHead(call: Call): void {
  // What is handed out changed has another size, and may not be handed out at all.
  if (call.route.form.give !== undefined) return handleGet(call);
  settle(call, answerHead(call));
}

/** What the disk holds no more, or holds wrong, is asked of the cluster. */
async function getHeld(call: Call, hit: Hit): Promise<void> {
  if (await answerHit(call, hit)) return;
  call.gateway.counts.refusal("corrupt-on-disk");
  await getFurther(call);
}

async function getFurther(call: Call): Promise<void> {
  const { gateway, route } = call;
  const outcome = await gateway.lookFurther(route);
  if (outcome.status === "miss") return tellMiss(call, outcome);
  if (await answerHit(call, outcome)) return;
  gateway.counts.miss("refused");
  tellMiss(call, { reason: "refused", detail: "bytes-unavailable" });
}

/** False: the bytes cannot be had after all, and nothing was sent. */
async function answerHit(call: Call, hit: Hit): Promise<boolean> {
  const { door, gateway, route, response } = call;
  const { form } = route;
  if (form.give !== undefined) return answerWhole(call, hit);
  const { bytes } = hit.value;
  if (bytes === undefined) {
    const looks = door.looks.hit;
    const isSent = await answerStream(response, looks, { hit, form }, gateway.counts);
    if (isSent) tellHit(call, hit);
    return isSent;
  }
  answerBytes(response, door.looks.hit, { hit, form }, bytes);
  tellHit(call, hit);
  return true;
}

async function answerWhole(call: Call, hit: Hit): Promise<boolean> {
  const { door, gateway, route, request, response } = call;
  const stored = await wholeValue(hit.value, GIVEN_BODY_BYTES_MAX).catch(() => undefined);
  if (stored === undefined) return false;
  const given = await route.form.give?.(stored, readerOf(call, request));
  if (given !== undefined) {
    answerGiven(response, door.looks.hit, hit, given);
    tellHit(call, hit);
  } else {
    gateway.counts.miss("incomplete");
    tellMiss(call, { reason: "incomplete" });
  }
  return true;
}

function readerOf({ gateway, route }: Call, request: IncomingMessage): Reader {
  return {
    route,
    request,
    async sizeOf(other) {
      const found = await gateway.exists(other);
      return found.status === "hit" ? found.size : undefined;
    },
    bytesOf: (other) => gateway.wholeBytes(other),
  };
}

async function answerHead(call: Call): Promise<void> {
  const { door, gateway, route, response } = call;
  const outcome = await gateway.exists(route);
  if (outcome.status === "miss") return tellMiss(call, outcome);
  answerExists(door, route, response, outcome);
  tell(call, { outcome: "hit", certainty: outcome.certainty, bytes: 0 });
}

function answerExists(
  door: Door,
  { form }: DoorRoute,
  response: ServerResponse,
  exists: Exists,
): void {
  response.writeHead(door.looks.hit, [
    "Content-Length",
    String(exists.size - form.envelopeBytes),
    "X-Quorate-Certainty",
    exists.certainty,
  ]);
  response.end();
}

function handlePut(call: Call): void {
  const { door, gateway, route, request, response } = call;
  if (Number(request.headers["content-length"] ?? 0) > VALUE_BYTES_MAX) {
    gateway.counts.put("over-size");
    return refusePut(request, response, [door.looks.put["over-size"], "over-size"]);
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  const put = async (): Promise<void> => {
    const outcome = await gateway.put(route, request);
    const headers = ["X-Quorate-Put", outcome];
    if (outcome === "cut-off" || outcome === "over-size") headers.push("Connection", "close");
    const status = door.looks.put[outcome];
    if (outcome === "denied" && status === 403) answerDenied(response, headers);
    else answerEmpty(response, status, headers);
    tell(call, { outcome, bytes: Number(request.headers["content-length"] ?? 0) });
  };
  settle(call, put(), () =>
    answerEmpty(response, door.looks.put.failed, ["X-Quorate-Put", "failed"]),
  );
}

/** So much of a body is read behind its refusal: a tool that is reset may never see the answer. */
const LINGERED_BYTES_MAX = 64 * 1024 * 1024;

function refusePut(
  request: IncomingMessage,
  response: ServerResponse,
  [status, reason]: readonly [number, string],
): void {
  const headers = ["X-Quorate-Put", reason, "Connection", "close"];
  if (request.headers.expect !== undefined) {
    return answerText(response, status, `${reason}\n`, headers);
  }
  const length = String(reason.length + 1);
  response.writeHead(status, ["Content-Type", "text/plain", "Content-Length", length, ...headers]);
  // The answer is whole, and the connection stays until the tool has had its say.
  response.write(`${reason}\n`);
  let size = 0;
  request.on("data", (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > LINGERED_BYTES_MAX) response.end();
  });
  request.on("error", () => response.destroy());
  request.on("end", () => response.end());
}

async function answerDelete(call: Call): Promise<void> {
  const { door, gateway, route, response } = call;
  const outcome = await gateway.delete(route);
  tell(call, { outcome, bytes: 0 });
  answerEmpty(response, door.looks.delete[outcome], ["X-Quorate-Delete", outcome]);
}

function answerMiss(door: Door, response: ServerResponse, reason: MissReason): void {
  const headers = ["X-Quorate-Miss", reason];
  const status = isDenial(reason) ? door.looks.denied : door.looks.miss;
  if (status === 403) return answerDenied(response, headers);
  answerText(response, status, "miss\n", headers);
}

function tellMiss(call: Call, missed: Pick<Miss, "reason" | "detail">): void {
  answerMiss(call.door, call.response, missed.reason);
  tell(call, endingOfMiss(missed));
}

function tellHit(call: Call, hit: Hit): void {
  tell(call, endingOfHit(hit));
}

function tell({ door, gateway, route, request, startMs }: Call, ending: Ending): void {
  tellOf(gateway, { door: door.id, method: request.method as string, route, startMs }, ending);
}

/** As turbo reads it, and others do not. */
function answerDenied(response: ServerResponse, headers: readonly string[]): void {
  const error = { code: "forbidden", message: "this token may not do that here" };
  answerText(response, 403, `${JSON.stringify({ error })}\n`, headers);
}

/** Whatever was not foreseen looks like what is: no tool ever sees a 5xx. */
function settle(
  { door, gateway, response }: Call,
  work: Promise<void>,
  otherwise: () => void = () => answerMiss(door, response, "failed"),
): void {
  work.catch(() => {
    gateway.counts.miss("failed");
    if (response.headersSent) response.destroy();
    else otherwise();
  });
}
