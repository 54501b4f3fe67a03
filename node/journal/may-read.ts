import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { utf8 } from "../../base/bytes.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/u;

/**
 * Who may read a journal: whoever shows the token, and programs of this machine. A browser names
 * the page that it acts for, and a page of anybody's can make it connect to this machine: so a
 * request with an origin needs the token as well.
 */
export function mayRead(request: IncomingMessage, token: string | undefined): boolean {
  const { headers, socket } = request;
  const shown = /^Bearer (\S{1,256})$/u.exec(headers.authorization ?? "")?.[1];
  if (shown !== undefined) return token !== undefined && isEqual(shown, token);
  return headers.origin === undefined && LOOPBACK.test(socket.remoteAddress ?? "");
}

/** In the same time, wherever they differ and however long they are. */
function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(nodeCrypto.hash(utf8(left)), nodeCrypto.hash(utf8(right)));
}
