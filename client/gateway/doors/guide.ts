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

/** For every tool that the doors serve, in their order. `url` is the gateway's, without a path. */
export function guideOf(
  doors: readonly Door[],
  url: string,
  namespace: string = DEFAULT_NAMESPACE,
): Guide[] {
  return doors.flatMap((door) =>
    door.tools.map(({ tool, where, lines }) => ({
      tool,
      door: door.id,
      where,
      lines: lines(url, namespace),
    })),
  );
}
