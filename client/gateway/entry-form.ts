import type { IncomingMessage } from "node:http";
import type { ArtifactKind } from "../../proof/digest/artifact-kind.ts";
import type { DoorRoute } from "./route.ts";

/**
 * What the entries behind one class of a door's paths are: of which kinds, how a tool's body becomes
 * a stored one, and how a stored one is handed out. The plain form, all of whose parts are absent,
 * hands bytes through as they are; nothing of it costs a hit a copy.
 */
export interface EntryForm {
  /** Kinds that may be served; whatever else lies under the key is a miss. Undefined: any. */
  readonly kinds: ReadonlySet<string> | undefined;
  readonly contentType: string;
  /** Bytes at the front of a stored body that the door put there; the tool gets what follows. */
  readonly envelopeBytes: number;
  /** Headers out of the envelope, names and values in turn. */
  readonly headersOf?: (envelope: Uint8Array) => readonly string[];
  /** Undefined: the body as it comes, its kind told by its first bytes. */
  readonly take?: (request: IncomingMessage, route: DoorRoute) => TakenBody;
  /** The last word on a whole stored body. Undefined: it goes out as it is. */
  readonly give?: (stored: Uint8Array, to: Reader) => Promise<GivenBody | undefined>;
}

export interface TakenBody {
  /**
   * By the first bytes. Strict: a body that is no well-formed member of it is not kept. Undefined:
   * whatever they look like, and raw bytes when they are none.
   */
  readonly kindOf: ((head: Uint8Array) => ArtifactKind) | undefined;
  /** What is stored. @throws UnfitBody, and whatever the request throws when it is cut off */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** For `give`: who asks, and what else the gateway can tell about. */
export interface Reader {
  readonly route: DoorRoute;
  readonly request: IncomingMessage;
  /** Size of another entry of the same namespace; undefined when it cannot be had. */
  readonly sizeOf: (route: DoorRoute) => Promise<number | undefined>;
  /** A small entry's bytes; undefined when it cannot be had. */
  readonly bytesOf: (route: DoorRoute) => Promise<Uint8Array | undefined>;
}

/** Undefined in place of it: not to be served now. */
export interface GivenBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** A body that its door cannot make anything of; the tool is told as its door's looks have it. */
export class UnfitBody extends Error {
  override readonly name = "UnfitBody";
}

export const PLAIN_FORM: EntryForm = {
  kinds: undefined,
  contentType: "application/octet-stream",
  envelopeBytes: 0,
};
