import "./no-long.ts";
import { isEncoding } from "./is-encoding.ts";
import { quorate } from "./messages.js";
import { readUint64, uint64Bytes } from "../../base/bytes.ts";
import { invariant } from "../../base/assert.ts";
import type { Hlc } from "../../base/types.ts";

/**
 * The one door between bytes and messages.
 *
 * 1. A message has exactly one encoding. Decoding re-encodes and compares, so unknown, repeated,
 *    unordered, non-minimal, default-valued and trailing fields are all refused.
 * 2. Decoded byte strings are copies: nothing that a caller keeps aliases a network buffer. Only
 *    {@link part}s are not, of messages whose own bytes are kept whole with them.
 * 3. Integers are safe integers and clock values are bigints carried as bytes; protobufjs never
 *    sees a value that it would silently change.
 * 4. Every list, text and byte string has a bound, checked in both directions.
 *
 * Encoding something out of bounds is our own fault (an invariant); decoding it is the sender's
 * (a {@link DecodeRefusal}).
 */
export class DecodeRefusal extends Error {
  constructor(why: string) {
    super(why);
    this.name = "DecodeRefusal";
  }
}

/** How one field's value stands on the wire. `undefined` on the wire is the absent field. */
export interface Kind<T> {
  toWire(value: T): unknown;
  /** @throws DecodeRefusal */
  fromWire(wire: unknown): T;
}

export type Shape<M> = { readonly [Field in keyof M]-?: Kind<M[Field]> };

export interface Codec<M> extends Kind<M> {
  readonly name: string;
  encode(message: M): Uint8Array;
  /** @throws DecodeRefusal */
  decode(bytes: Uint8Array): M;
  /** As {@link decode}, answering undefined where it would refuse. */
  tryDecode(bytes: Uint8Array): M | undefined;
}

export function codec<M extends object>(name: string, shape: Shape<M>): Codec<M> {
  const statics = quorate.v1[name];
  invariant(statics !== undefined, "message is in the schema", { name });
  const fields = Object.entries(shape) as [keyof M & string, Kind<M[keyof M]>][];

  function toWire(message: M): Record<string, unknown> {
    const wire: Record<string, unknown> = {};
    for (const [field, kind] of fields) {
      const value = kind.toWire(message[field]);
      if (value !== undefined) wire[field] = value;
    }
    return wire;
  }

  function fromWire(wire: unknown): M {
    if (typeof wire !== "object" || wire === null) throw new DecodeRefusal(`${name}: absent`);
    const message: Partial<M> = {};
    for (const [field, kind] of fields) {
      const value = Object.hasOwn(wire, field)
        ? (wire as Record<string, unknown>)[field]
        : undefined;
      try {
        message[field] = kind.fromWire(value) as M[typeof field];
      } catch (error) {
        if (!(error instanceof DecodeRefusal)) throw error;
        throw new DecodeRefusal(`${name}.${field}: ${error.message}`);
      }
    }
    return message as M;
  }

  function encode(message: M): Uint8Array {
    return asPlain(statics!.encode(toWire(message)).finish());
  }

  function decode(bytes: Uint8Array): M {
    const message = fromWire(decodeStatic(bytes));
    if (!isEncoding(statics!, toWire(message), bytes)) {
      throw new DecodeRefusal(`${name}: not in its only encoding`);
    }
    return message;
  }

  function decodeStatic(bytes: Uint8Array): object {
    try {
      return statics!.decode(bytes);
    } catch {
      throw new DecodeRefusal(`${name}: malformed`);
    }
  }

  function tryDecode(bytes: Uint8Array): M | undefined {
    try {
      return decode(bytes);
    } catch (error) {
      if (error instanceof DecodeRefusal) return undefined;
      throw error;
    }
  }

  return { name, toWire, fromWire, encode, decode, tryDecode };
}

/** The writer may hand out a Buffer; its methods differ from those of the type that we promise. */
function asPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuseUnless(condition: boolean, why: string): asserts condition {
  if (!condition) throw new DecodeRefusal(why);
}

function integer<T extends number>(max: number): Kind<T> {
  return {
    toWire(value) {
      invariant(Number.isInteger(value) && value >= 0 && value <= max, "integer in range", {
        value,
        max,
      });
      return value === 0 ? undefined : value;
    },
    fromWire(wire) {
      if (wire === undefined) return 0 as T;
      refuseUnless(typeof wire === "number" && Number.isInteger(wire), "not an integer");
      refuseUnless(wire >= 0 && wire <= max, "out of range");
      return wire as T;
    },
  };
}

export function uint32<T extends number = number>(max: number = 0xffff_ffff): Kind<T> {
  return integer(max);
}

/** A counter or a size: at most 2^53 − 1. */
export function uint64<T extends number = number>(max: number = Number.MAX_SAFE_INTEGER): Kind<T> {
  return integer(max);
}

export function flag(): Kind<boolean> {
  const bit = integer<number>(1);
  return {
    toWire: (value) => bit.toWire(value ? 1 : 0),
    fromWire: (wire) => bit.fromWire(wire) === 1,
  };
}

/** Bytes of exactly this length; absence is refused. */
export function fixed<T extends Uint8Array>(size: number): Kind<T> {
  return {
    toWire(value) {
      invariant(value.length === size, "byte string has its fixed length", {
        length: value.length,
        size,
      });
      return value;
    },
    fromWire(wire) {
      refuseUnless(wire instanceof Uint8Array && wire.length === size, `not ${size} bytes`);
      return new Uint8Array(wire) as T;
    },
  };
}

/** Bytes of exactly this length, or nothing. */
export function optionalFixed<T extends Uint8Array>(size: number): Kind<T | undefined> {
  const present = fixed<T>(size);
  return {
    toWire: (value) => (value === undefined ? undefined : present.toWire(value)),
    fromWire: (wire) => (wire === undefined ? undefined : present.fromWire(wire)),
  };
}

export function bytes(max: number): Kind<Uint8Array> {
  return {
    toWire(value) {
      invariant(value.length <= max, "byte string within its bound", { length: value.length, max });
      return value.length === 0 ? undefined : value;
    },
    fromWire(wire) {
      if (wire === undefined) return new Uint8Array(0);
      refuseUnless(wire instanceof Uint8Array, "not bytes");
      refuseUnless(wire.length <= max, `longer than ${max} bytes`);
      return new Uint8Array(wire);
    },
  };
}

/**
 * Bytes that stay where the message lies: for the large parts of one that is kept whole, with its
 * parts and as long as they are. Copies would be the dearest thing about decoding it.
 */
export function part(max: number): Kind<Uint8Array> {
  const copied = bytes(max);
  return {
    toWire: (value) => copied.toWire(value),
    fromWire(wire) {
      if (wire === undefined) return new Uint8Array(0);
      refuseUnless(wire instanceof Uint8Array, "not bytes");
      refuseUnless(wire.length <= max, `longer than ${max} bytes`);
      // The reader may hand out a Buffer.
      return asPlain(wire);
    },
  };
}

export function hlc(): Kind<Hlc> {
  const eight = fixed(8);
  return {
    toWire: (value) => eight.toWire(uint64Bytes(value)),
    fromWire: (wire) => readUint64(eight.fromWire(wire)) as Hlc,
  };
}

export function optionalHlc(): Kind<Hlc | undefined> {
  const present = hlc();
  return {
    toWire: (value) => (value === undefined ? undefined : present.toWire(value)),
    fromWire: (wire) => (wire === undefined ? undefined : present.fromWire(wire)),
  };
}

/** Bytes of UTF-8 without making them; undefined for a lone surrogate, which has no encoding. */
function utf8Size(text: string): number | undefined {
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      size += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      size += 2;
    } else {
      const next = text.charCodeAt(index + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return undefined;
      // Two units, four bytes.
      size += 2;
      index++;
    }
  }
  return size;
}

/** Unicode text; the bound counts UTF-8 bytes. Lone surrogates have no encoding and are refused. */
export function text(maxBytes: number): Kind<string> {
  return {
    toWire(value) {
      const size = utf8Size(value);
      invariant(size !== undefined && size <= maxBytes, "text within its bound", {
        size,
        maxBytes,
      });
      return value === "" ? undefined : value;
    },
    fromWire(wire) {
      if (wire === undefined) return "";
      refuseUnless(typeof wire === "string", "not text");
      const size = utf8Size(wire);
      refuseUnless(size !== undefined && size <= maxBytes, `longer than ${maxBytes} bytes`);
      return wire;
    },
  };
}

export function optional<M>(inner: Kind<M>): Kind<M | undefined> {
  return {
    toWire: (value) => (value === undefined ? undefined : inner.toWire(value)),
    fromWire: (wire) => (wire === undefined || wire === null ? undefined : inner.fromWire(wire)),
  };
}

export function list<T>(inner: Kind<T>, max: number): Kind<readonly T[]> {
  return {
    toWire(values) {
      invariant(values.length <= max, "list within its bound", { length: values.length, max });
      return values.length === 0 ? undefined : values.map((value) => elementToWire(inner, value));
    },
    fromWire(wire) {
      if (wire === undefined) return [];
      refuseUnless(Array.isArray(wire), "not a list");
      refuseUnless(wire.length <= max, `more than ${max} elements`);
      return wire.map((element) => inner.fromWire(element));
    },
  };
}

/** Inside a list there is no absence: an empty byte string or text is written as such. */
function elementToWire<T>(inner: Kind<T>, value: T): unknown {
  const wire = inner.toWire(value);
  if (wire !== undefined) return wire;
  return typeof value === "string" ? "" : typeof value === "number" ? 0 : new Uint8Array(0);
}
