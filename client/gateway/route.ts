import { entryHash, keyOfName } from "../../consensus/hashing.ts";
import { NAME_BYTES_MAX } from "../../consensus/limits.ts";
import { isNamespace } from "../../consensus/namespace.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { PLAIN_FORM } from "./entry-form.ts";
import type { EntryForm } from "./entry-form.ts";

/** Which entry a path names. */
export interface Route {
  readonly namespace: string;
  readonly name: string;
  readonly key: Hash;
  /** Where the entry lies in the state and in the cache. */
  readonly location: Hash;
}

/** An entry as one door sees it. */
export interface DoorRoute extends Route {
  readonly form: EntryForm;
  /** Where the name is the SHA-256 of the bytes: nothing else is taken in or handed out. */
  readonly contentDigest: Hash | undefined;
}

export const DEFAULT_NAMESPACE = "default";

export function routeOf(namespace: string, name: string): Route | undefined {
  if (!isNamespace(namespace) || name === "") return undefined;
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return undefined;
  const key = keyOfName(nodeCrypto.hash, name);
  return { namespace, name, key, location: entryHash(nodeCrypto.hash, namespace, key) };
}

export function doorRoute(
  namespace: string,
  name: string,
  form: EntryForm,
  contentDigest?: Hash,
): DoorRoute | undefined {
  const route = routeOf(namespace, name);
  return route === undefined ? undefined : { ...route, form, contentDigest };
}

/**
 * Namespace and key of a path below the plain door's prefix: the first segment when it can be a
 * namespace and a key follows, else everything is a key of `default`. So a tool's own layouts
 * (`aa/…`, `ac/…`, one segment) need no namespace in their URL.
 */
export function parseRoute(path: string, form: EntryForm = PLAIN_FORM): DoorRoute | undefined {
  const text = path.includes("%") ? decode(path) : path;
  if (text === undefined) return undefined;
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  if (first !== "" && isNamespace(first)) return doorRoute(first, text.slice(slash + 1), form);
  return doorRoute(DEFAULT_NAMESPACE, text, form);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
