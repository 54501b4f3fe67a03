import { entryHash, keyOfName } from "../../consensus/hashing.ts";
import { NAME_BYTES_MAX } from "../../consensus/limits.ts";
import { isNamespace } from "../../consensus/namespace.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { ROUTE_COUNT_MAX } from "./limits.ts";

/** Which entry a path names. */
export interface Route {
  readonly namespace: string;
  readonly name: string;
  readonly key: Hash;
  /** Where the entry lies in the state and in the cache. */
  readonly location: Hash;
}

export const DEFAULT_NAMESPACE = "default";

export function routeOf(namespace: string, name: string): Route | undefined {
  if (!isNamespace(namespace) || name === "") return undefined;
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return undefined;
  const key = keyOfName(nodeCrypto.hash, name);
  return { namespace, name, key, location: entryHash(nodeCrypto.hash, namespace, key) };
}

/**
 * Namespace and key of a path below the door's prefix: the first segment when it can be a
 * namespace and a key follows, else everything is a key of `default`. So a tool's own layouts
 * (`aa/…`, `ac/…`, one segment) need no namespace in their URL.
 */
export function parseRoute(path: string): Route | undefined {
  const text = path.includes("%") ? decode(path) : path;
  if (text === undefined) return undefined;
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  if (first !== "" && isNamespace(first)) return routeOf(first, text.slice(slash + 1));
  return routeOf(DEFAULT_NAMESPACE, text);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Remembers what paths mean: a hot key costs one look-up instead of two hashes. */
export class RouteMemory {
  readonly #routes = new Map<string, Route>();

  /** `path` without its query; `prefixLength` characters of it belong to the door. */
  resolve(path: string, prefixLength: number): Route | undefined {
    const known = this.#routes.get(path);
    if (known !== undefined) return known;
    const route = parseRoute(path.slice(prefixLength));
    if (route === undefined) return undefined;
    // Forgetting everything at once costs a hash for each hot key, and no bookkeeping for each hit.
    if (this.#routes.size >= ROUTE_COUNT_MAX) this.#routes.clear();
    this.#routes.set(path, route);
    return route;
  }
}
