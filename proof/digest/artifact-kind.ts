import type { Hash } from "../../base/types.ts";

/**
 * immutable: one answer for a key; two that are both confirmed dispute.
 * versioned: an answer may be followed by a newer one that names the version it succeeds.
 * proved: versioned, and confirmed by nothing but the checkers' acceptance.
 */
export type Mutability = "immutable" | "versioned" | "proved";

/** SHA-256, fed in pieces. Injected, because this room touches nothing. */
export interface IncrementalHash {
  update(chunk: Uint8Array): void;
  /** Once, at the end. */
  finish(): Hash;
}

export type StartHash = () => IncrementalHash;

export type DigestResult =
  | { readonly status: "digest"; readonly digest: Hash }
  | { readonly status: "refused"; readonly reason: string };

/** The semantic digest of one body, fed in pieces of any size; memory does not grow with it. */
export interface Digester {
  /** Keeps no reference to the chunk. */
  update(chunk: Uint8Array): void;
  /** Once, at the end. Refused: the body is no well-formed member of the kind. */
  finish(): DigestResult;
}

/**
 * Overwrites with fixed values what the semantic digest leaves out, so that nothing nobody voted
 * for reaches a tool. The body keeps its size. Only meant for bodies whose digest was not refused;
 * whatever it is fed, it answers as many bytes as it got.
 */
export interface Rewriter {
  /** What can be handed on already; may alias the chunk, may be empty. */
  update(chunk: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}

/** One class of artifact. `id` carries its version: a changed digest is a new kind. */
export interface ArtifactKind {
  readonly id: string;
  readonly mutability: Mutability;
  /** Compressed: digesting a small piece of it may be much work. Undefined: it never is. */
  readonly expands?: boolean;
  startDigest(startHash: StartHash): Digester;
  /** Undefined: the digest covers every byte. */
  readonly startRewrite: (() => Rewriter) | undefined;
}
