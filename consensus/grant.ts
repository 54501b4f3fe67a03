import { utf8 } from "../base/bytes.ts";
import { NAME_BYTES_MAX } from "./limits.ts";
import { NAMESPACE_WILDCARD, isNamespace } from "./namespace.ts";

/**
 * Where a writer may write: "*" is everywhere, "builds" a namespace, "builds/lib/" the entries of a
 * namespace whose names begin so. A prefix covers names only: an entry that has no name, just its
 * 32-byte key, could be any.
 */
export function isGrant(text: string): boolean {
  if (text === NAMESPACE_WILDCARD) return true;
  const slash = text.indexOf("/");
  if (slash < 0) return isNamespace(text);
  const size = utf8(text.slice(slash + 1)).length;
  return isNamespace(text.slice(0, slash)) && size >= 1 && size <= NAME_BYTES_MAX;
}

/** `name` is empty where an entry has none. */
export function covers(grant: string, namespace: string, name: string): boolean {
  if (grant === NAMESPACE_WILDCARD || grant === namespace) return true;
  const slash = grant.indexOf("/");
  if (slash < 0 || grant.slice(0, slash) !== namespace) return false;
  return name.startsWith(grant.slice(slash + 1));
}

/** Whether all that `grant` covers is covered by these. */
export function isCovered(grant: string, by: readonly string[]): boolean {
  const slash = grant.indexOf("/");
  const namespace = slash < 0 ? grant : grant.slice(0, slash);
  const prefix = slash < 0 ? "" : grant.slice(slash + 1);
  return by.some((each) => covers(each, namespace, prefix));
}
