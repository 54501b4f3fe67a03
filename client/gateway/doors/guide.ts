import { DEFAULT_NAMESPACE } from "../route.ts";
import type { Door } from "./door.ts";

/** What a person copies into one tool's configuration. */
export interface Guide {
  readonly tool: string;
  /** Which door serves it. */
  readonly door: string;
  /** Where the lines go. */
  readonly where: string;
  readonly lines: readonly string[];
}

/** Of the doors that have a port of their own, which a flag opens. */
const OWN_PORT_DOORS: readonly Guide[] = [
  {
    tool: "Bazel over gRPC",
    door: "reapi",
    where: ".bazelrc, with quorate gateway --grpc-port 7483",
    lines: ["build --remote_cache=grpc://127.0.0.1:7483", "build --remote_instance_name=default"],
  },
  {
    tool: "moon over gRPC",
    door: "reapi",
    where: ".moon/workspace.yml, with quorate gateway --grpc-port 7483",
    lines: [
      "remote:",
      "  host: 'grpc://127.0.0.1:7483'",
      "  cache:",
      "    instanceName: 'default'",
    ],
  },
  {
    tool: "ccache over Redis",
    door: "redis",
    where: "environment, with quorate gateway --redis-port 7481",
    lines: ["export CCACHE_REMOTE_STORAGE=redis://127.0.0.1:7481"],
  },
  {
    tool: "gnatprove",
    door: "memcached",
    where: "command line, with quorate gateway --memcached-port 7482",
    lines: ["gnatprove --memcached-server=127.0.0.1:7482"],
  },
];

/** For every tool that the doors serve, in their order. `url` is the gateway's, without a path. */
export function guideOf(
  doors: readonly Door[],
  url: string,
  namespace: string = DEFAULT_NAMESPACE,
): Guide[] {
  const guides = doors.flatMap((door) =>
    door.tools.map(({ tool, where, lines }) => ({
      tool,
      door: door.id,
      where,
      lines: lines(url, namespace),
    })),
  );
  return [...guides, ...OWN_PORT_DOORS];
}
