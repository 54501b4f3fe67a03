import type { IncomingMessage } from "node:http";
import { GRADLE_RULES, gradleArtifact1 } from "../../../proof/digest/archive/archive-kinds.ts";
import { canonicalArchive } from "./canonical-archive.ts";
import { PLAIN_FORM } from "../entry-form.ts";
import type { EntryForm, TakenBody } from "../entry-form.ts";
import { parseRoute } from "../route.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";

const PREFIX = "/cache/";
const GRADLE_TYPE = "application/vnd.gradle.build-cache-artifact.";

/** Any kind, told by a body's first bytes; Gradle's, which begin like any gzip, by its own word. */
const FORM: EntryForm = { ...PLAIN_FORM, take: takePlain };

function takePlain(request: IncomingMessage): TakenBody {
  if (request.headers["content-type"]?.startsWith(GRADLE_TYPE) !== true) {
    return { kindOf: undefined, bytes: request };
  }
  return { kindOf: () => gradleArtifact1, bytes: canonicalArchive(GRADLE_RULES, request) };
}

/**
 * Plain key and value over HTTP: ccache (all three layouts), Gradle, Metro, Rush, `curl`.
 *
 * Why these codes: Gradle turns its remote cache off for the whole build on anything but 2xx and
 * 404, Metro throws on anything but 200 and 404, and ccache stops talking for the rest of a
 * compilation. So nothing that goes wrong inside is anything but 404 or 200. A conflict is 200 (on
 * 409 ccache would skip its manifest), and so is a PUT to a read-only gateway, whose reader did not
 * choose to be one and must not lose the hits that come after. Only `X-Quorate-Put` says more.
 */
export function plainDoor(): Door {
  return {
    id: "plain",
    tools: [
      {
        tool: "ccache",
        where: "environment",
        lines: (url, namespace) => [
          `export CCACHE_REMOTE_STORAGE='${url}/cache/${namespace}/|connect-timeout=2000'`,
        ],
      },
      {
        tool: "Gradle",
        where: "settings.gradle",
        lines: (url, namespace) => [
          `buildCache { remote(HttpBuildCache) { url = '${url}/cache/${namespace}/'; push = true } }`,
        ],
      },
      {
        tool: "Metro",
        where: "metro.config.js",
        lines: (url, namespace) => [
          `cacheStores: ({ HttpStore }) => [new HttpStore({ endpoint: "${url}/cache/${namespace}" })],`,
        ],
      },
      {
        tool: "Rush",
        where: "common/config/rush-plugins/rush-http-build-cache-plugin.json",
        lines: (url, namespace) => [
          `{ "url": "${url}/cache/${namespace}/", "uploadMethod": "PUT", "isCacheWriteAllowed": true }`,
        ],
      },
    ],
    resolve(url) {
      if (!url.startsWith(PREFIX)) return undefined;
      return parseRoute(pathOf(url).slice(PREFIX.length), FORM) ?? "unnamed";
    },
    // Rush can be told to use any of the three.
    writes: new Set(["PUT", "POST", "PATCH"]),
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
        malformed: 200,
        "read-only": 200,
        denied: 200,
        "over-size": 413,
        "cut-off": 400,
      },
      delete: { withdrawn: 204, absent: 404, failed: 404, "read-only": 404, denied: 403 },
      methodUnknown: 405,
    },
  };
}
