import type { Brand } from "./brand.ts";

/** SHA-256 of something, 32 bytes. */
export type Hash = Brand<Uint8Array, "Hash">;
/** An Ed25519 public key, 32 bytes, canonical and torsion-free once admitted. */
export type PublicKey = Brand<Uint8Array, "PublicKey">;
/** An Ed25519 signature, 64 bytes. Never hashed, compared or sorted: a signer can make two. */
export type Signature = Brand<Uint8Array, "Signature">;

/** Position of a replica in its configuration's member list, from 0. */
export type ReplicaIndex = Brand<number, "ReplicaIndex">;
/** PBFT's view number, from 0; the primary of view v is replica v mod n. */
export type View = Brand<number, "View">;
/** PBFT's sequence number; the first batch has sequence 1, genesis is 0. */
export type Sequence = Brand<number, "Sequence">;
/** Number of the certified configuration, from 0. */
export type Epoch = Brand<number, "Epoch">;
/** Hybrid logical clock: 48 bits of milliseconds since 1970, 16 bits of counter. */
export type Hlc = Brand<bigint, "Hlc">;

export const HASH_SIZE = 32;
export const PUBLIC_KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;

export const view = (value: number): View => value as View;
export const sequence = (value: number): Sequence => value as Sequence;
export const epoch = (value: number): Epoch => value as Epoch;
export const replicaIndex = (value: number): ReplicaIndex => value as ReplicaIndex;
