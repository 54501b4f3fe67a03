import { RouteMemory } from "../route.ts";
import type { Door } from "./door.ts";

const PREFIX = "/cache/";

/**
 * Plain key and value over HTTP: ccache (all three layouts), Gradle, Metro, `curl`.
 *
 * Why these codes: Gradle turns its remote cache off for the whole build on anything but 2xx and
 * 404, Metro throws on anything but 200 and 404, and ccache stops talking for the rest of a
 * compilation. So nothing that goes wrong inside is anything but 404 or 200. A conflict is 200 (on
 * 409 ccache would skip its manifest), and so is a PUT to a read-only gateway, whose reader did not
 * choose to be one and must not lose the hits that come after. Only `X-Quorate-Put` says more.
 */
export function plainDoor(): Door {
  const routes = new RouteMemory();
  return {
    id: "plain",
    prefix: PREFIX,
    resolve: (path) => routes.resolve(path, PREFIX.length),
    looks: {
      hit: 200,
      miss: 404,
      unnamed: 400,
      put: {
        stored: 201,
        unchanged: 200,
        unpublished: 200,
        conflict: 200,
        failed: 200,
        "read-only": 200,
        "over-size": 413,
        "cut-off": 400,
      },
      delete: { withdrawn: 204, absent: 404, failed: 404, "read-only": 404 },
      methodUnknown: 405,
    },
  };
}
