import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../../bytes.ts";
import { Prng } from "../../prng.ts";

/** A signature that somebody made to divide verifiers, and how. */
export interface CraftedSignature {
  readonly craft: string;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

type Point = typeof ed25519.Point.BASE;

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const FIELD = 2n ** 255n - 19n;

/** The eight points whose order divides 8. */
export const SMALL_ORDER: readonly Point[] = (() => {
  const generator = Point.fromHex(
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  );
  return Array.from({ length: 8 }, (_, times) => generator.multiplyUnsafe(BigInt(times)));
})();

export function scalarBytes(value: bigint, size = 32): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0, rest = value; index < size; index++, rest >>= 8n) {
    bytes[index] = Number(rest & 255n);
  }
  return bytes;
}

export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A = a·B + T, R = r·B + T', S such that the equation holds up to the small-order parts. */
function sign(
  secret: { a: bigint; r: bigint },
  torsion: { key: Point; r: Point },
  message: Uint8Array,
) {
  const key = Point.BASE.multiply(secret.a).add(torsion.key).toBytes();
  const r = Point.BASE.multiply(secret.r).add(torsion.r).toBytes();
  const h = littleEndian(sha512(concatBytes(r, key, message))) % ORDER;
  return { key, r, s: (secret.r + h * secret.a) % ORDER };
}

/**
 * For each round: both parts with torsion (the cofactored equation holds, the other one in an
 * eighth of cases), and of an honest signature every malleation that we know of.
 */
export function* craftSignatures(seed: number, roundCount: number): Iterable<CraftedSignature> {
  const prng = new Prng(seed);
  for (let round = 0; round < roundCount; round++) {
    const message = prng.bytes(prng.below(24));
    const secret = { a: BigInt(1 + prng.uint32()), r: BigInt(1 + prng.uint32()) };
    const torsion = { key: SMALL_ORDER[round % 8]!, r: SMALL_ORDER[prng.below(8)]! };
    const mixed = sign(secret, torsion, message);
    const craft = `torsion ${round % 8} in the key`;
    yield { craft, message, key: mixed.key, signature: join(mixed.r, mixed.s) };
    const small = SMALL_ORDER[prng.below(8)]!.toBytes();
    yield { craft: "key of small order", message, key: small, signature: join(mixed.r, secret.r) };
    const noR = SMALL_ORDER[prng.below(8)]!.toBytes();
    yield { craft: "R of small order, S = 0", message, key: small, signature: join(noR, 0n) };
    yield* malleations(sign(secret, { key: Point.ZERO, r: Point.ZERO }, message), message, prng);
  }
}

function* malleations(
  { key, r, s }: { readonly key: Uint8Array; readonly r: Uint8Array; readonly s: bigint },
  message: Uint8Array,
  prng: Prng,
): Iterable<CraftedSignature> {
  const honest = join(r, s);
  const of = (craft: string, signature: Uint8Array, by: Uint8Array = key): CraftedSignature => ({
    ...{ craft, message, key: by, signature },
  });
  yield of("none", honest);
  for (const times of [1n, 2n, 7n]) yield of(`S + ${times}L`, join(r, s + times * ORDER));
  yield of("−S", join(r, ORDER - s));
  yield of("sign of R", flip(honest, 255));
  yield of("sign of the key", honest, flip(key, 255));
  yield of("a bit of the signature", flip(honest, prng.below(512)));
  yield of("a bit of the key", honest, flip(key, prng.below(256)));
  const low = BigInt(prng.below(19));
  const sign = prng.chance(0.5) ? 1n << 255n : 0n;
  yield of("R not canonical", join(scalarBytes((FIELD + low) | sign), s));
  yield of("key not canonical", honest, scalarBytes((FIELD + low) | sign));
  yield of("−0", honest, scalarBytes((prng.chance(0.5) ? 1n : FIELD - 1n) | (1n << 255n)));
  yield of("no point", honest, prng.bytes(32));
}

function join(r: Uint8Array, s: bigint): Uint8Array {
  return concatBytes(r, scalarBytes(s));
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}
