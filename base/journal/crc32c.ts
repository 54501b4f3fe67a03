/** CRC-32C (Castagnoli), reflected, as in RFC 3720: finds every burst of up to 32 bits. No defence against intent. */
const POLYNOMIAL = 0x82f63b78;

/** Four tables, so that four bytes are taken in one step. */
const TABLES: readonly Int32Array[] = createTables();

/** The checksum of `bytes[from..to)`, unsigned; `before` continues an earlier part. */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length, before = 0): number {
  const [first, second, third, fourth] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];
  let crc = ~before;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      fourth[crc & 0xff]! ^
      third[(crc >>> 8) & 0xff]! ^
      second[(crc >>> 16) & 0xff]! ^
      first[crc >>> 24]!;
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ first[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

function createTables(): Int32Array[] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[0]![byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = tables[0]![byte]!;
    for (let slice = 1; slice < 4; slice++) {
      crc = (crc >>> 8) ^ tables[0]![crc & 0xff]!;
      tables[slice]![byte] = crc;
    }
  }
  return tables;
}
