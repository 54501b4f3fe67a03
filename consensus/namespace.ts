/**
 * A namespace is a path segment of the gateway's routes: 3 to 64 of `[a-z0-9-]`, and not one of the
 * words that a tool's own layout of paths begins with.
 */
const GRAMMAR = /^[a-z0-9-]{3,64}$/u;

export const RESERVED_NAMESPACES: ReadonlySet<string> = new Set([
  "cache",
  "nix",
  "dav",
  "ac",
  "cas",
  "v1",
  "v8",
  "api",
]);

/** In a writer's list: everywhere. */
export const NAMESPACE_WILDCARD = "*";

export function isNamespace(text: string): boolean {
  return GRAMMAR.test(text) && !RESERVED_NAMESPACES.has(text);
}
