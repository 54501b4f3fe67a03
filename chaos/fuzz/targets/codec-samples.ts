import type { Codec, Kind } from "../../../consensus/wire/codec.ts";
import { WireReader } from "../../../consensus/wire/wire-reader.ts";
import { WireWriter } from "../../../consensus/wire/wire-writer.ts";

export type AnyCodec = Codec<Record<string, unknown>>;

/** One value of each sort that a field can hold. */
const PLAIN: readonly unknown[] = [
  ...[1, true, 5n, "ns-1", new Uint8Array(32).fill(7), new Uint8Array(64).fill(9)],
  ...[new Uint8Array(33).fill(3), new Uint8Array(16).fill(5), Uint8Array.of(1, 2, 3)],
];

/** A message with as many fields filled as can be found out without knowing what they mean. */
export function sampleOf(codec: AnyCodec, inner: readonly unknown[]): Uint8Array | undefined {
  const message: Record<string, unknown> = {};
  const candidates = [...PLAIN, ...inner];
  for (const [name, kind] of Object.entries(codec.shape)) {
    const values = kind.repeated ? candidates.map((each) => [each, each]) : candidates;
    const fits = values.find((value) => survives(kind, value));
    message[name] = fits ?? absentOf(kind);
  }
  try {
    return codec.encode(message);
  } catch {
    return undefined;
  }
}

/** Written and read again it is the same: so it is of the field's sort. */
function survives(kind: Kind<unknown>, value: unknown): boolean {
  try {
    const writer = new WireWriter();
    writer.begin();
    kind.write(writer, 8 + kind.wireType, value);
    const reader = new WireReader(writer.finish());
    const tag = reader.varint();
    return isSame(kind.read(reader, tag), value) && reader.at === reader.end;
  } catch {
    return false;
  }
}

function absentOf(kind: Kind<unknown>): unknown {
  try {
    return kind.absent();
  } catch {
    return undefined;
  }
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || left === null) return left === right;
  if (typeof right !== "object" || right === null) return false;
  if (left instanceof Uint8Array !== right instanceof Uint8Array) return false;
  const [mine, theirs] = [Object.entries(left), new Map(Object.entries(right))];
  return (
    mine.length === theirs.size && mine.every(([key, value]) => isSame(value, theirs.get(key)))
  );
}
