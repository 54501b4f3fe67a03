import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewayView } from "../access/gateway-view.ts";
import type { DeleteOutcome, PutOutcome } from "../outcome.ts";
import type { DoorRoute } from "../route.ts";

/**
 * One tool's protocol over HTTP: which paths are its own, which entry a path names, and how each
 * outcome looks to the tool. The looks differ because the tools do: what one takes for a miss
 * fails the next one's build. A door holds no state.
 */
export interface Door {
  readonly id: string;
  /** For people: who speaks this protocol, and what each must be told. */
  readonly tools: readonly ToolGuide[];
  /**
   * What a URL names, its query included. "unnamed": a path of this door's that names no entry;
   * undefined: not this door's. The answer for one URL is always the same.
   */
  resolve(url: string): DoorRoute | "unnamed" | undefined;
  readonly looks: Looks;
  /** Methods that write an entry as PUT does. */
  readonly writes: ReadonlySet<string>;
  /**
   * Whatever the protocol has beside reading, writing and removing one entry: status, batches,
   * folders. False: not served. Tried for what no entry's method and path is.
   */
  readonly aside?: (
    request: IncomingMessage,
    response: ServerResponse,
    gateway: GatewayView,
  ) => boolean;
}

/** Every inner outcome as a status code. A miss has one look, whatever its reason. */
export interface Looks {
  readonly hit: number;
  readonly miss: number;
  /** A read of whoever may not; where the tool would end the build on it, a miss. */
  readonly denied: number;
  /** The path names nothing: a read is a miss, a write is the caller's mistake. */
  readonly unnamed: number;
  readonly put: Readonly<Record<PutOutcome, number>>;
  readonly delete: Readonly<Record<DeleteOutcome, number>>;
  readonly methodUnknown: number;
}

/** Lines to be copied into a tool's configuration. */
export interface ToolGuide {
  readonly tool: string;
  /** Where the lines go: a file's name, or "environment". */
  readonly where: string;
  /** With the gateway's URL, `http://127.0.0.1:7480` for one, and a namespace. */
  readonly lines: (url: string, namespace: string) => readonly string[];
}

export const PUT_ONLY: ReadonlySet<string> = new Set(["PUT"]);
