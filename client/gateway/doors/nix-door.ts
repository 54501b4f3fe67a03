import type { IncomingMessage, ServerResponse } from "node:http";
import { utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import {
  fileHashOf,
  fingerprintOf,
  storeHashOf,
  writeNarinfo,
} from "../../../proof/digest/nix/narinfo.ts";
import {
  NARINFO_BYTES_MAX,
  nixNarinfo1,
  readNarinfo,
} from "../../../proof/digest/nix/narinfo-kind.ts";
import { fromNixBase32 } from "../../../proof/digest/nix/nix-base32.ts";
import { raw1 } from "../../../proof/digest/raw/raw-1.ts";
import { answerText } from "../answer.ts";
import { UnfitBody } from "../entry-form.ts";
import type { EntryForm, GivenBody, Reader } from "../entry-form.ts";
import { doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import { PUT_ONLY } from "./door.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";

const PATH = /^\/nix\/([^/]+)\/(.+)$/;
const NARINFO = /^([0-9a-z]{32})\.narinfo$/;
const NAR = /^nar\/([0-9a-z]{52})\.nar(?:\.[a-z0-9]{2,4})?$/;
const CACHE_INFO = "nix-cache-info";
const PUBLIC_KEY = "public-key";
const PLAIN = { contentType: "application/octet-stream", envelopeBytes: 0 };

/** A gateway's own key, for the Nix of its machine. */
export interface NixKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** The packed files, under their own hashes, and the cache's one line about itself. */
const FILE_FORM: EntryForm = {
  ...PLAIN,
  kinds: new Set([raw1.id]),
  take: (request) => ({ kindOf: () => raw1, bytes: request }),
};

/**
 * Nix's binary cache protocol, read and write. A narinfo is handed out under the hash that its
 * store path begins with, when the file that it names can be had, signed by this gateway: Nix needs
 * to trust one key, of its own machine.
 */
export function nixDoor(key: NixKey | undefined): Door {
  const narinfoForm: EntryForm = {
    contentType: "text/x-nix-narinfo",
    envelopeBytes: 0,
    kinds: new Set([nixNarinfo1.id]),
    take: (request, route) => ({ kindOf: () => nixNarinfo1, bytes: unsigned(request, route) }),
    give: (stored, reader) => giveSigned(stored, reader, key),
  };
  return {
    id: "nix",
    tools: [
      {
        tool: "Nix",
        where: "nix.conf (read); to write: nix copy --to with the same address",
        lines: (url, namespace) => [
          `extra-substituters = ${url}/nix/${namespace}`,
          `extra-trusted-public-keys = <what ${url}/nix/${namespace}/${PUBLIC_KEY} answers>`,
        ],
      },
    ],
    resolve(url) {
      const found = PATH.exec(pathOf(url));
      if (found === null) return undefined;
      const [, namespace = "", name = ""] = found;
      return entryOf(namespace, name, narinfoForm) ?? "unnamed";
    },
    writes: PUT_ONLY,
    aside: (request, response) => answerPublicKey(request, response, key),
    looks: {
      hit: 200,
      miss: 404,
      denied: 404,
      unnamed: 400,
      put: {
        stored: 201,
        unchanged: 200,
        unpublished: 200,
        conflict: 200,
        failed: 200,
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

function entryOf(namespace: string, name: string, form: EntryForm): DoorRoute | undefined {
  const at = `nix/${name}`;
  if (name === CACHE_INFO) return doorRoute(namespace, at, FILE_FORM);
  if (NARINFO.test(name)) return doorRoute(namespace, at, form);
  const digits = NAR.exec(name)?.[1];
  const hash = digits === undefined ? undefined : fromNixBase32(digits, 32);
  return hash && doorRoute(namespace, at, FILE_FORM, hash as Hash);
}

function answerPublicKey(
  request: IncomingMessage,
  response: ServerResponse,
  key: NixKey | undefined,
): boolean {
  const found = PATH.exec(pathOf(request.url as string));
  if (found?.[2] !== PUBLIC_KEY || request.method !== "GET" || key === undefined) return false;
  answerText(response, 200, `${key.name}:${Buffer.from(key.publicKey).toString("base64")}\n`);
  return true;
}

/** In canonical form, without the signatures that it came with. @throws UnfitBody */
async function* unsigned(
  request: IncomingMessage,
  route: DoorRoute,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Uint8Array).length;
    if (size <= NARINFO_BYTES_MAX) chunks.push(chunk as Uint8Array);
  }
  const info = size <= NARINFO_BYTES_MAX ? readNarinfo(Buffer.concat(chunks)) : undefined;
  if (info === undefined || !route.name.startsWith(`nix/${storeHashOf(info)}.`)) {
    throw new UnfitBody("it is no narinfo, or another path's");
  }
  yield utf8(writeNarinfo(info));
}

async function giveSigned(
  stored: Uint8Array,
  { route, sizeOf }: Reader,
  key: NixKey | undefined,
): Promise<GivenBody | undefined> {
  const info = readNarinfo(stored);
  if (info === undefined || !route.name.startsWith(`nix/${storeHashOf(info)}.`)) return undefined;
  const hash = fileHashOf(info) as Hash;
  const file = doorRoute(route.namespace, `nix/${info.url}`, FILE_FORM, hash);
  if (file === undefined || (await sizeOf(file)) !== info.fileSize) return undefined;
  let text = writeNarinfo(info);
  if (key !== undefined) {
    const signature = Buffer.from(key.sign(utf8(fingerprintOf(info)))).toString("base64");
    text += `Sig: ${key.name}:${signature}\n`;
  }
  return { bytes: utf8(text), contentType: "text/x-nix-narinfo" };
}
