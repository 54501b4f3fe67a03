import { NX_RULES, nxArtifact1 } from "../../../proof/digest/archive/archive-kinds.ts";
import type { EntryForm } from "../entry-form.ts";
import { DEFAULT_NAMESPACE, doorRoute } from "../route.ts";
import { canonicalArchive } from "./canonical-archive.ts";
import { PUT_ONLY } from "./door.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";

const PATH = /^\/(?:([^/]+)\/)?v1\/cache\/([^/]*)$/;
/** nx's hashes are numbers of 64 bits, in decimal. */
const HASH = /^[0-9]{1,20}$/;

const FORM: EntryForm = {
  kinds: new Set([nxArtifact1.id]),
  contentType: "application/octet-stream",
  envelopeBytes: 0,
  take: (request) => ({ kindOf: () => nxArtifact1, bytes: canonicalArchive(NX_RULES, request) }),
};

/**
 * nx's protocol for self-hosted caches. A namespace may stand before it in the server's URL.
 *
 * nx ends the user's build on any answer to a GET but 200 and 404, and on any to a PUT but 200, 403
 * and 409. So whatever happens, it hears one of these: what went wrong inside is "stored" to it, and
 * a body that it could not read back is dropped and "stored" as well.
 */
export function nxDoor(): Door {
  return {
    id: "nx",
    tools: [
      {
        tool: "Nx",
        where: "environment",
        lines: (url, namespace) => [
          `export NX_SELF_HOSTED_REMOTE_CACHE_SERVER=${url}/${namespace}`,
        ],
      },
    ],
    resolve(url) {
      const found = PATH.exec(pathOf(url));
      if (found === null) return undefined;
      const [, namespace = DEFAULT_NAMESPACE, hash = ""] = found;
      return HASH.test(hash) ? (doorRoute(namespace, `nx/${hash}`, FORM) ?? "unnamed") : "unnamed";
    },
    writes: PUT_ONLY,
    looks: {
      hit: 200,
      miss: 404,
      denied: 404,
      unnamed: 403,
      put: {
        stored: 200,
        unchanged: 409,
        unpublished: 200,
        conflict: 409,
        failed: 200,
        malformed: 200,
        "read-only": 403,
        denied: 403,
        "over-size": 403,
        "cut-off": 403,
      },
      delete: { withdrawn: 200, absent: 404, failed: 404, "read-only": 403, denied: 403 },
      methodUnknown: 404,
    },
  };
}
