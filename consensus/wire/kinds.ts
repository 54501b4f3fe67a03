import { invariant } from "../../base/assert.ts";
import { EMPTY_BYTES } from "../../base/bytes.ts";
import type { Hlc } from "../../base/types.ts";
import { LENGTH_DELIMITED, VARINT } from "./codec.ts";
import type { Kind } from "./codec.ts";
import { DecodeRefusal, refuseUnless } from "./wire-reader.ts";

/** The kinds of a field. Each checks its bound in both directions. */

function integer<T extends number>(max: number): Kind<T> {
  return {
    wireType: VARINT,
    repeated: false,
    isAbsent: (value) => value === 0,
    absent: () => 0 as T,
    write(writer, tag, value) {
      invariant(Number.isInteger(value) && value >= 0 && value <= max, "integer in range", {
        value,
        max,
      });
      writer.varint(value);
      writer.varint(tag);
    },
    read(reader) {
      const value = reader.varint();
      refuseUnless(value <= max, "out of range");
      return value as T;
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
    wireType: VARINT,
    repeated: false,
    isAbsent: (value) => !value,
    absent: () => false,
    write: (writer, tag) => bit.write(writer, tag, 1),
    read: (reader, tag) => bit.read(reader, tag) === 1,
  };
}

/** Bytes of exactly this length; absence is refused. */
export function fixed<T extends Uint8Array>(size: number): Kind<T> {
  return {
    wireType: LENGTH_DELIMITED,
    repeated: false,
    isAbsent: () => false,
    absent: () => {
      throw new DecodeRefusal(`not ${size} bytes`);
    },
    write(writer, tag, value) {
      invariant(value.length === size, "byte string has its fixed length", {
        length: value.length,
        size,
      });
      writer.raw(value);
      writer.varint(size);
      writer.varint(tag);
    },
    read: (reader) => reader.fixed(size) as T,
  };
}

/** Bytes of exactly this length, or nothing. */
export function optionalFixed<T extends Uint8Array>(size: number): Kind<T | undefined> {
  return optional(fixed<T>(size));
}

/** Copied out of what is decoded. */
export function bytes(max: number): Kind<Uint8Array> {
  return { ...part(max), read: (reader) => reader.copy(max) };
}

/**
 * Bytes that stay where the message lies: for the large parts of one that is kept whole, with its
 * parts and as long as they are. Copies would be the dearest thing about decoding it.
 */
export function part(max: number): Kind<Uint8Array> {
  return {
    wireType: LENGTH_DELIMITED,
    repeated: false,
    isAbsent: (value) => value.length === 0,
    absent: () => EMPTY_BYTES,
    write(writer, tag, value) {
      const { length } = value;
      invariant(length <= max, "byte string within its bound", { length, max });
      writer.raw(value);
      writer.varint(length);
      writer.varint(tag);
    },
    read: (reader) => reader.part(max),
  };
}

export function hlc(): Kind<Hlc> {
  return {
    wireType: LENGTH_DELIMITED,
    repeated: false,
    isAbsent: () => false,
    absent: () => {
      throw new DecodeRefusal("not 8 bytes");
    },
    write(writer, tag, value) {
      writer.uint64(value);
      writer.byte(8);
      writer.varint(tag);
    },
    read: (reader) => reader.uint64() as Hlc,
  };
}

export function optionalHlc(): Kind<Hlc | undefined> {
  return optional(hlc());
}

/** Unicode text; the bound counts UTF-8 bytes. Lone surrogates have no encoding. */
export function text(maxBytes: number): Kind<string> {
  return {
    wireType: LENGTH_DELIMITED,
    repeated: false,
    isAbsent: (value) => value === "",
    absent: () => "",
    write(writer, tag, value) {
      const before = writer.size;
      writer.text(value);
      const size = writer.size - before;
      invariant(size <= maxBytes, "text within its bound", { size, maxBytes });
      writer.varint(size);
      writer.varint(tag);
    },
    read: (reader) => reader.text(maxBytes),
  };
}

export function optional<T>(inner: Kind<T>): Kind<T | undefined> {
  return {
    wireType: inner.wireType,
    repeated: false,
    isAbsent: (value) => value === undefined,
    absent: () => undefined,
    write: (writer, tag, value) => inner.write(writer, tag, value as T),
    read: (reader, tag) => inner.read(reader, tag),
  };
}

/** Inside a list there is no absence: an empty byte string or text is written as such. */
export function list<T>(inner: Kind<T>, max: number): Kind<readonly T[]> {
  return {
    wireType: inner.wireType,
    repeated: true,
    isAbsent: (values) => values.length === 0,
    absent: () => [],
    write(writer, tag, values) {
      invariant(values.length <= max, "list within its bound", { length: values.length, max });
      for (let index = values.length - 1; index >= 0; index--) {
        inner.write(writer, tag, values[index]!);
      }
    },
    read(reader, tag) {
      const values = [inner.read(reader, tag)];
      while (reader.takeTag(tag)) {
        refuseUnless(values.length < max, `more than ${max} elements`);
        values.push(inner.read(reader, tag));
      }
      return values;
    },
  };
}
