import { latin1 } from "./regions.ts";

export interface ElfSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly follows: boolean;
}

const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SECTION_COUNT_MAX = 65_536;
const TYPE_NO_BITS = 8;

/**
 * Sections of a 64-bit little-endian object file or program, and its headers as one more part.
 * @returns undefined when it is none
 */
export function elfSections(bytes: Uint8Array): readonly ElfSection[] | undefined {
  const magic = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
  if (bytes.length < HEADER_SIZE || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = Number(view.getBigUint64(0x28, true));
  const count = view.getUint16(0x3c, true);
  const namesAt = view.getUint16(0x3e, true);
  const end = table + count * SECTION_HEADER_SIZE;
  const isSound = count > 0 && count <= SECTION_COUNT_MAX && namesAt < count && end <= bytes.length;
  if (!isSound) return undefined;
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * SECTION_HEADER_SIZE;
    return {
      nameAt: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 0x18, true)),
      size: Number(view.getBigUint64(at + 0x20, true)),
    };
  });
  const names = contentOf(bytes, headers[namesAt]!);
  const sections = headers.map((header) => {
    const name = textAt(names, header.nameAt);
    return { name, bytes: contentOf(bytes, header), follows: mayFollow(name) };
  });
  // Machine, kind and entry point; offsets in it move with everything else.
  const head = { name: "(header)", bytes: bytes.subarray(0, 0x28), follows: false };
  return [head, ...sections.filter((section) => section.bytes.length > 0)];
}

function contentOf(
  bytes: Uint8Array,
  { type, offset, size }: { readonly type: number; readonly offset: number; readonly size: number },
): Uint8Array {
  if (type === TYPE_NO_BITS || offset + size > bytes.length) return bytes.subarray(0, 0);
  return bytes.subarray(offset, offset + size);
}

function textAt(names: Uint8Array, at: number): string {
  const end = names.indexOf(0, at);
  return end < 0 ? "" : latin1(names.subarray(at, end));
}

/** Debugging information, and tables of offsets into other sections. */
function mayFollow(name: string): boolean {
  return /^\.(?:rela?\.)?debug_|^\.(?:rela?|symtab|strtab|shstrtab|note)/.test(name);
}
