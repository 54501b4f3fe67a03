import { invariant } from "../../base/assert.ts";
import { DecodeRefusal, refuseUnless, WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/**
 * The one door between bytes and messages: protocol buffers as `quorate.proto` says, of which
 * exactly one encoding of each message is let in.
 *
 * 1. Unknown, repeated, unordered, non-minimal, default-valued and trailing fields are refused, so
 *    a decoded message encodes to the bytes that it came from.
 * 2. Decoded byte strings are copies: nothing that a caller keeps aliases a network buffer. Only
 *    parts (kinds.ts) are not, of messages whose own bytes are kept whole with them.
 * 3. Integers are safe integers, and clock values are bigints carried as eight bytes.
 * 4. Every list, text and byte string has a bound, checked in both directions.
 *
 * Encoding something out of bounds is our own fault (an invariant); decoding it is the sender's
 * (a {@link DecodeRefusal}).
 */
export interface Kind<T> {
  readonly wireType: typeof VARINT | typeof LENGTH_DELIMITED;
  /** A list: its fields repeat the tag. */
  readonly repeated: boolean;
  /** Whether the value is written as no field at all; one that is written as such is refused. */
  isAbsent(value: T): boolean;
  /** What no field at all means. @throws DecodeRefusal when there has to be one */
  absent(): T;
  /** Field and all; the writer goes backwards, so the tag comes last. */
  write(writer: WireWriter, tag: number, value: T): void;
  /** From after the tag. @throws DecodeRefusal */
  read(reader: WireReader, tag: number): T;
}

export const VARINT = 0;
export const LENGTH_DELIMITED = 2;

/** The fields of a message in the order of their numbers, which are 1, 2, 3 and so on. */
export type Shape<M> = { readonly [Field in keyof M]-?: Kind<M[Field]> };

export interface Codec<M> extends Kind<M> {
  readonly name: string;
  readonly shape: Shape<M>;
  encode(message: M): Uint8Array;
  /** @throws DecodeRefusal */
  decode(bytes: Uint8Array): M;
  /** As {@link decode}, answering undefined where it would refuse. */
  tryDecode(bytes: Uint8Array): M | undefined;
}

interface Field<M> {
  readonly name: keyof M & string;
  readonly tag: number;
  readonly kind: Kind<M[keyof M]>;
}

// Encoding calls nothing that encodes on its own, so one writer does for all.
const writer = new WireWriter();

export function codec<M extends object>(name: string, shape: Shape<M>): Codec<M> {
  return new MessageCodec(name, shape);
}

class MessageCodec<M extends object> implements Codec<M> {
  readonly name: string;
  readonly shape: Shape<M>;
  readonly wireType = LENGTH_DELIMITED;
  readonly repeated = false;
  readonly #fields: readonly Field<M>[];
  /** Copied for each message: all of a kind have one hidden class from the start. */
  readonly #blank: Readonly<Record<string, unknown>>;

  constructor(name: string, shape: Shape<M>) {
    this.name = name;
    this.shape = shape;
    this.#fields = fieldsOf(shape);
    this.#blank = Object.fromEntries(this.#fields.map((field) => [field.name, undefined]));
  }

  isAbsent(): boolean {
    return false;
  }

  absent(): M {
    throw new DecodeRefusal(`${this.name}: absent`);
  }

  write(to: WireWriter, tag: number, message: M): void {
    const before = to.size;
    this.#writeFields(to, message);
    to.varint(to.size - before);
    to.varint(tag);
  }

  read(reader: WireReader): M {
    const outerEnd = reader.enter();
    const message = this.#readFields(reader);
    reader.end = outerEnd;
    return message;
  }

  encode(message: M): Uint8Array {
    writer.begin();
    this.#writeFields(writer, message);
    return writer.finish();
  }

  decode(bytes: Uint8Array): M {
    return this.#readFields(new WireReader(bytes));
  }

  tryDecode(bytes: Uint8Array): M | undefined {
    try {
      return this.decode(bytes);
    } catch (error) {
      if (error instanceof DecodeRefusal) return undefined;
      throw error;
    }
  }

  #writeFields(to: WireWriter, message: M): void {
    for (let index = this.#fields.length - 1; index >= 0; index--) {
      const { name, tag, kind } = this.#fields[index]!;
      const value = message[name];
      if (!kind.isAbsent(value)) kind.write(to, tag, value);
    }
  }

  /** Tags ascend: a field that comes late, twice or from nowhere is none that is waited for. */
  #readFields(reader: WireReader): M {
    const message = { ...this.#blank };
    let field = "";
    try {
      let next = nextTag(reader);
      for (let index = 0; index < this.#fields.length; index++) {
        const { name, tag, kind } = this.#fields[index]!;
        field = name;
        if (next !== tag) {
          message[name] = kind.absent();
          continue;
        }
        const value = kind.read(reader, tag);
        refuseUnless(!kind.isAbsent(value), "a default value is not written");
        message[name] = value;
        next = nextTag(reader);
      }
      field = "";
      refuseUnless(next === END, "not in its only encoding");
    } catch (error) {
      if (!(error instanceof DecodeRefusal)) throw error;
      const where = field === "" ? this.name : `${this.name}.${field}`;
      throw new DecodeRefusal(`${where}: ${error.message}`);
    }
    return message as M;
  }
}

/** Where a tag would stand; hostile bytes can hold any number that is not negative. */
const END = -1;

function nextTag(reader: WireReader): number {
  return reader.at === reader.end ? END : reader.varint();
}

function fieldsOf<M extends object>(shape: Shape<M>): readonly Field<M>[] {
  const entries = Object.entries(shape) as [keyof M & string, Kind<M[keyof M]>][];
  return entries.map(([name, kind], index) => {
    const { wireType, repeated } = kind;
    invariant(!repeated || wireType === LENGTH_DELIMITED, "a list of numbers has no kind", {
      name,
    });
    return { name, tag: (index + 1) * 8 + wireType, kind };
  });
}
