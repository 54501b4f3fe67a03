/** Thrown inside this folder only: whoever parses a message here catches it and refuses it. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** One field as it lies on the wire: a number, or bytes. */
export interface Field {
  readonly number: number;
  /** Of wire types 0, 1 and 5; else 0. */
  readonly value: bigint;
  /** Of wire type 2. */
  readonly bytes: Uint8Array | undefined;
}

/** The fields of a protobuf message, in their order. @throws MalformedMessage */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, undefined> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new MalformedMessage("a number is cut off");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessage("a number is too long");
  };
  const take = (size: number): Uint8Array => {
    if (size > message.length - at) throw new MalformedMessage("a field is cut off");
    at += size;
    return message.subarray(at - size, at);
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    if (number < 1 || number > 0x1fff_ffff) throw new MalformedMessage("a field has no number");
    const type = key % 8;
    if (type === 0) yield { number, value: varint(), bytes: undefined };
    else if (type === 2) yield { number, value: 0n, bytes: take(Number(varint())) };
    else if (type === 1) yield { number, value: fixed(take(8)), bytes: undefined };
    else if (type === 5) yield { number, value: fixed(take(4)), bytes: undefined };
    else throw new MalformedMessage("a field is of no known type");
  }
}

function fixed(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Writes fields in the one form that the encoders of all languages share: defaults left out. */
export class FieldWriter {
  readonly #parts: Uint8Array[] = [];
  #size = 0;
  /** Keys and numbers since the last field of bytes. */
  #digits: number[] = [];

  number(field: number, value: number | bigint): this {
    if (BigInt(value) === 0n) return this;
    this.#varint(BigInt(field * 8));
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** Present even when empty. The bytes are kept until the end, and must not change until then. */
  message(field: number, value: Uint8Array): this {
    this.#varint(BigInt(field * 8 + 2));
    this.#varint(BigInt(value.length));
    this.#flush();
    this.#add(value);
    return this;
  }

  finish(): Uint8Array {
    this.#flush();
    const message = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
  }

  #flush(): void {
    this.#add(Uint8Array.from(this.#digits));
    this.#digits = [];
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.#digits.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#digits.push(Number(rest));
  }
}
