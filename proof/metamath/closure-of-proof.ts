import { compareBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { isAxiomPayload } from "./payload.ts";

interface Below {
  /** Payload of what is cited. */
  readonly payloadOf: (key: Hash) => Uint8Array | undefined;
  /** What a cited theorem rests on, as it was found when its own proof was accepted. */
  readonly axiomsOf: (key: Hash) => readonly Hash[] | undefined;
}

/**
 * The axioms that an accepted proof rests on, ascending: those that it cites, and those below the
 * theorems that it cites. Undefined when one of them has no accepted proof: then it rests on that,
 * and no theory admits it.
 */
export function closureOfProof(
  dependencies: readonly Hash[],
  below: Below,
): readonly Hash[] | undefined {
  const found = new Map<string, Hash>();
  for (const key of dependencies) {
    const payload = below.payloadOf(key);
    if (payload === undefined) return undefined;
    const axioms = isAxiomPayload(payload) ? [key] : below.axiomsOf(key);
    if (axioms === undefined) return undefined;
    for (const axiom of axioms) found.set(toHex(axiom), axiom);
  }
  return [...found.values()].sort(compareBytes);
}
